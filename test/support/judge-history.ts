import type { ClusterEntry, HistoryEntry } from './history.ts';

/** One environment, as far as a history tells of it. */
interface Life {
  name: string;
  createdAt: number | null;
  deletionAskedAt: number | null;
  deletionToldAt: number | null;
  terminatedAt: number | null;
  readonly objects: Map<string, ObjectLife>;
}

interface ObjectLife {
  readonly made: ClusterEntry & { readonly at: number };
  readonly revisions: number[];
  leavingAt: number | null;
  goneAt: number | null;
}

const KINDS = ['Application', 'Namespace'] as const;

/**
 * Reads a history that has come to rest, and says what in it is wrong: each promise that was broken, in one sentence.
 *
 * - An environment of which the creation was told, and the deletion not asked for, has one Application and one
 *   namespace, which nobody has asked to go.
 * - Of one of which the deletion was told, none is left.
 * - In between nothing goes before its deletion was asked for, nothing is made after its end was told, nothing is made
 *   twice, no Application goes back to an earlier revision, and nothing is there that no client has heard of.
 */
export function judgeHistory(entries: readonly HistoryEntry[]): readonly string[] {
  const lives = livesOf(entries);
  return [...lives].flatMap(([id, life]) => [...faultsInTime(id, life), ...faultsAtTheEnd(id, life)]);
}

function livesOf(entries: readonly HistoryEntry[]): ReadonlyMap<string, Life> {
  const lives = new Map<string, Life>();
  const lifeOf = (id: string): Life => {
    const life = lives.get(id) ?? {
      name: id,
      createdAt: null,
      deletionAskedAt: null,
      deletionToldAt: null,
      terminatedAt: null,
      objects: new Map(),
    };
    lives.set(id, life);
    return life;
  };
  for (const entry of entries) {
    if (entry.source === 'reading' && entry.status === 'terminated') lifeOf(entry.id).terminatedAt ??= entry.at;
    if (entry.source === 'cluster') noteObject(lifeOf(entry.environmentId), entry);
    if (entry.source !== 'client' || entry.id === null) continue;
    const life = lifeOf(entry.id);
    life.name = entry.name;
    if (entry.action === 'create' && entry.moment === 'told') life.createdAt ??= entry.at;
    if (entry.action !== 'delete') continue;
    if (entry.moment === 'asked') life.deletionAskedAt ??= entry.at;
    else life.deletionToldAt ??= entry.at;
  }
  return lives;
}

function noteObject({ objects }: Life, entry: ClusterEntry & { readonly at: number }): void {
  const object = objects.get(entry.uid) ?? { made: entry, revisions: [], leavingAt: null, goneAt: null };
  objects.set(entry.uid, object);
  if (entry.revision !== null) object.revisions.push(entry.revision);
  if (entry.event === 'leaving') object.leavingAt ??= entry.at;
  if (entry.event === 'gone') object.goneAt ??= entry.at;
}

function faultsInTime(id: string, life: Life): readonly string[] {
  const whose = `${life.name} (${id})`;
  const faults: string[] = [];
  if (life.createdAt === null && life.objects.size > 0) faults.push(`${whose}: no client has heard of it.`);
  for (const kind of KINDS) {
    const made = [...life.objects.values()].filter((object) => object.made.kind === kind);
    if (made.length > 1) faults.push(`${whose}: its ${kind} was made ${made.length} times.`);
  }
  for (const { made, revisions, leavingAt, goneAt } of life.objects.values()) {
    const what = `${made.kind} ${made.name}`;
    if (revisions.some((revision, index) => revision < (revisions[index - 1] ?? 0)))
      faults.push(`${whose}: ${what} went back to an earlier revision: ${revisions.join(', ')}.`);
    const leftAt = Math.min(leavingAt ?? Infinity, goneAt ?? Infinity);
    if (leftAt < (life.deletionAskedAt ?? Infinity))
      faults.push(`${whose}: ${what} was deleted at ${leftAt} ms, before anybody had asked for it.`);
    if (life.terminatedAt !== null && made.at > life.terminatedAt)
      faults.push(`${whose}: ${what} was made at ${made.at} ms, after its end was told.`);
    if (life.terminatedAt !== null && (goneAt ?? Infinity) > life.terminatedAt && made.at <= life.terminatedAt)
      faults.push(`${whose}: ${what} was still there when its end was told.`);
  }
  return faults;
}

function faultsAtTheEnd(id: string, life: Life): readonly string[] {
  const whose = `${life.name} (${id})`;
  const left = [...life.objects.values()].filter(({ goneAt }) => goneAt === null);
  if (life.deletionToldAt !== null)
    return left.map(({ made }) => `${whose}: ${made.kind} ${made.name} is left behind.`);
  if (life.createdAt === null || life.deletionAskedAt !== null) return [];
  return KINDS.flatMap((kind) => {
    const there = left.filter(({ made, leavingAt }) => made.kind === kind && leavingAt === null);
    return there.length === 1 ? [] : [`${whose}: it has ${there.length} of kind ${kind} where it should have one.`];
  });
}
