import { Failure } from '../core/errors.ts';
import type { Owner, Phase } from '../core/environment.ts';
import { EVERYTHING } from '../core/permissions.ts';
import type { EnvironmentStore, Precondition, Write } from '../ports/environment-store.ts';
import { put } from './unit-of-work.ts';

/** How many environments may live at once; 0 means without a limit. */
export interface Quotas {
  readonly perOwner: number;
  readonly total: number;
}

export interface ClaimedSlots {
  readonly ids: readonly string[];
  readonly writes: readonly Write[];
  readonly preconditions: readonly Precondition[];
}

/** One that is being deleted has given its slots back. */
const COUNTED_PHASES: readonly Phase[] = ['pending', 'ready', 'failed'];
const RANDOM_TRIES = 4;
const PAGE = 1000;

/**
 * Finds a free slot of each quota. The commit takes them on the condition that they still don't exist, which is what
 * makes the limit exact among any number of replicas, without a counter that all of them would fight over. What lives
 * from before a limit was lowered or set has slots beyond it, or none, and is counted beside them; that count alone is
 * not exact among those who create at the same moment.
 */
export async function claimSlots(
  store: EnvironmentStore,
  quotas: Quotas,
  owner: Owner,
  environmentId: string,
): Promise<ClaimedSlots> {
  const claims = [
    { subject: `owner:${owner.id}`, filter: { owner: owner.email }, limit: quotas.perOwner, whose: 'You have' },
    { subject: 'all', filter: {}, limit: quotas.total, whose: 'There are' },
  ].filter(({ limit }) => limit > 0);
  const ids: string[] = [];
  for (const { subject, filter, limit, whose } of claims) {
    const living = await store.countEnvironments(EVERYTHING, { ...filter, phases: COUNTED_PHASES });
    const number = living < limit ? await freeSlot(store, subject, limit) : null;
    if (number === null) throw quotaExceeded(whose, Math.max(living, limit), limit);
    ids.push(`${subject}:${String(number)}`);
  }
  return {
    ids,
    writes: ids.map((id) => put('quota_slot', id, { subject: id.slice(0, id.lastIndexOf(':')), environmentId })),
    preconditions: ids.map((id) => ({ kind: 'quota_slot', id, absent: true })),
  };
}

function quotaExceeded(whose: string, living: number, limit: number): Failure {
  const rest =
    living > limit
      ? `and the limit is ${String(limit)}. Delete some that are no longer needed`
      : 'which is the limit. Delete one that is no longer needed';
  return new Failure('conflict', `${whose} ${String(living)} living environments, ${rest}, then try again.`, {
    code: 'quota_exceeded',
  });
}

async function freeSlot(store: EnvironmentStore, subject: string, limit: number): Promise<number | null> {
  for (let attempt = 0; attempt < RANDOM_TRIES; attempt += 1) {
    const number = Math.floor(Math.random() * limit);
    if ((await store.get(EVERYTHING, 'quota_slot', `${subject}:${String(number)}`)) === null) return number;
  }
  const taken = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await store.list(EVERYTHING, 'quota_slot', { where: { subject }, limit: PAGE, cursor });
    for (const { id } of page.items) taken.add(id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  const free = Array.from({ length: limit }, (_, number) => number).filter(
    (number) => !taken.has(`${subject}:${String(number)}`),
  );
  return free[Math.floor(Math.random() * free.length)] ?? null;
}
