import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  DesiredEnvironment,
  EnvironmentKey,
  RemovalObservation,
  RuntimeObservation,
} from '../../ports/environment-runtime.ts';
import { observationOf, type EnvironmentRecord } from './observation.ts';
import { removeFolder } from './remove-folder.ts';
import { createRevision, type Revision } from './revision.ts';
import { newRevisionState, readRevisionState, revisionOfFolder, revisionPaths } from './revision-files.ts';
import type { ServingAddress } from './revision-process.ts';
import type { RuntimeParts } from './runtime-parts.ts';
import { readState, writeWhole } from './state-files.ts';

/** Everything of one environment on this machine. Its calls may come at any time; they are taken one after another. */
export interface LocalEnvironment {
  ensure(desired: DesiredEnvironment): Promise<RuntimeObservation>;
  observe(): RuntimeObservation;
  remove(): Promise<RemovalObservation>;
  /** What serves now, to be connected to. */
  serving(): { readonly revision: number; readonly where: ServingAddress } | null;
  /** The revision whose logs are meant: the wanted one. Null once everything is gone. */
  wanted(): Revision | null;
  letBe(): Promise<void>;
  endProcesses(): Promise<void>;
}

type Removed = RemovalObservation['removed'][number];

/** How long `remove` waits for the end before it says that it goes on. */
const REMOVAL_PATIENCE_MS = 2_000;

function leaseFileOf(folder: string): string {
  return join(folder, 'expires-at');
}

/** Reads what an earlier life of Blueberry has left in the folder, if there is one. */
export async function openLocalEnvironment(
  parts: RuntimeParts,
  folder: string,
  key: EnvironmentKey,
  onChange: () => void,
): Promise<LocalEnvironment> {
  const recordFile = join(folder, 'environment.json');
  const leaseFile = leaseFileOf(folder);
  const revisions = new Map<number, Revision>();
  /** Replaced revisions that may still finish what they are answering. */
  const retiring = new Set<{ readonly hurry: AbortController; readonly done: Promise<void> }>();
  let record = await readState<EnvironmentRecord>(recordFile);
  let present = await exists(folder);
  let servingRevision: number | null = null;
  let lease: string | null = null;
  let removal: { readonly done: Promise<void>; removed: Removed[]; blockedBy: string | null; ended: boolean } | null =
    null;
  let queue: Promise<unknown> = Promise.resolve();

  for (const name of present ? await readdir(folder) : []) {
    const number = revisionOfFolder(name);
    const state = number === null ? null : await readRevisionState(revisionPaths(folder, number));
    if (number !== null) take(state ?? newRevisionState(number, '', ''));
  }
  const wantedAtStart = record ? revisions.get(record.revision) : undefined;
  await wantedAtStart?.adoptServing(parts.hostOf(key.name));
  for (const revision of wantedAtStart?.serving ? [] : revisions.values()) {
    if (revision === wantedAtStart) continue;
    await revision.adoptServing(parts.hostOf(key.name));
    if (revision.serving) servingRevision = revision.number;
  }

  function take(state: Revision['state']): Revision {
    const paths = revisionPaths(folder, state.revision);
    const revision = createRevision({ parts, key, state, paths, leaseFile, onChange: changed });
    revisions.set(state.revision, revision);
    return revision;
  }

  /** The wanted revision takes over as soon as it is healthy; those before it may finish what they are answering. */
  function changed(): void {
    const wanted = record ? revisions.get(record.revision) : undefined;
    if (wanted?.serving && servingRevision !== wanted.number) {
      servingRevision = wanted.number;
      void serially(() => retireOthers(wanted.number, parts.timing.drain));
    }
    onChange();
  }

  function serially<T>(task: () => Promise<T>): Promise<T> {
    const result = queue.then(task);
    queue = result.catch((error: unknown) => {
      parts.log.error(
        { environment: key.id, error: String(error) },
        'A step of the local runtime failed; it is tried again.',
      );
    });
    return result;
  }

  async function retireOthers(kept: number, afterMs: number): Promise<void> {
    const others = [...revisions.values()].filter(({ number }) => number !== kept && number !== record?.revision);
    for (const other of others) revisions.delete(other.number);
    const retire = async (): Promise<void> => {
      for (const other of others) await other.dispose();
    };
    if (afterMs === 0) return retire();
    // Beside the queue: a redeploy must not wait until the one before has been drained.
    const hurry = new AbortController();
    const done = parts.clock
      .sleep(others.some(({ serving }) => serving) ? afterMs : 0, hurry.signal)
      .then(retire)
      .catch((error: unknown) => {
        parts.log.warn({ environment: key.id, error: String(error) }, 'A replaced revision could not be removed.');
        // Whatever comes next tries again.
        for (const other of others) revisions.set(other.number, other);
      });
    const retirement = { hurry, done };
    retiring.add(retirement);
    void done.then(() => retiring.delete(retirement));
    return Promise.resolve();
  }

  async function retireAtOnce(): Promise<void> {
    for (const { hurry } of retiring) hurry.abort();
    await Promise.all([...retiring].map(({ done }) => done));
  }

  async function ensureNow(desired: DesiredEnvironment): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    present = true;
    if (lease !== desired.expiresAt) await writeWhole(leaseFile, desired.expiresAt, { durable: true });
    lease = desired.expiresAt;
    const next = { id: key.id, name: key.name, revision: desired.revision, asleep: desired.asleep };
    if (record?.revision !== next.revision || record.asleep !== next.asleep)
      await writeWhole(recordFile, JSON.stringify(next), { durable: true });
    const [component] = desired.components;
    let wanted = revisions.get(desired.revision);
    if (wanted && wanted.commit !== component.commit) {
      await wanted.dispose();
      revisions.delete(desired.revision);
      wanted = undefined;
    }
    wanted ??= take(newRevisionState(desired.revision, component.commit, component.repositoryId));
    // Not before it is there: whoever follows the log would take a wanted revision that is missing for the end.
    record = next;
    await dropSuperseded(desired.revision);
    if (desired.asleep) {
      await wanted.end();
      await retireOthers(wanted.number, 0);
      servingRevision = null;
      if (wanted.state.failure?.stage === 'run') wanted.state.failure = null;
      return;
    }
    wanted.start(desired);
  }

  /** Work on a revision that nobody waits for any more makes room, unless it is what serves meanwhile. */
  async function dropSuperseded(wanted: number): Promise<void> {
    for (const revision of [...revisions.values()]) {
      if (revision.number === wanted || revision.number === servingRevision) continue;
      revisions.delete(revision.number);
      await revision.dispose();
    }
  }

  function observe(): RuntimeObservation {
    const wanted = record ? (revisions.get(record.revision) ?? null) : null;
    const serving = servingRevision === null ? null : (revisions.get(servingRevision) ?? null);
    return observationOf({
      clock: parts.clock,
      record: present ? record : null,
      wanted,
      serving,
      isRemoving: removal !== null,
      isPresent: present,
    });
  }

  async function removeNow(told: NonNullable<typeof removal>): Promise<void> {
    const gone = (kind: string, name: string): void => {
      told.removed.push({ kind, name, verifiedGoneAt: parts.clock.timestamp() });
    };
    servingRevision = null;
    await retireAtOnce();
    for (const revision of revisions.values()) await revision.letBe();
    const supervisors = [...revisions.values()]
      .flatMap(({ state }) => [state.process, state.builder])
      .filter((process) => process !== null);
    const left = await parts.cleanup.endAll({ environmentId: key.id, folder }, supervisors);
    if (left.length > 0) {
      told.blockedBy = `Process ${left.map(({ pid }) => String(pid)).join(', ')} does not end.`;
      return;
    }
    for (const { pid } of supervisors) gone('Process', `supervisor ${String(pid)}`);
    const wanted = record ? revisions.get(record.revision) : undefined;
    if (wanted) await parts.removedLogs.keep(key.id, wanted.paths);
    record = null;
    for (const revision of [...revisions.values()]) {
      await revision.dispose();
      revisions.delete(revision.number);
      gone('Worktree', `revision ${String(revision.number)} at ${revision.commit.slice(0, 7)}`);
    }
    await removeFolder(folder);
    present = false;
    told.ended = true;
  }

  return {
    ensure: (desired) => serially(() => ensureNow(desired)).then(observe),
    observe,
    async remove() {
      if (!removal || removal.blockedBy !== null) {
        const told = {
          done: Promise.resolve(),
          removed: removal?.removed ?? [],
          blockedBy: null as string | null,
          ended: false,
        };
        removal = Object.assign(told, {
          done: serially(() => removeNow(told))
            .catch((error: unknown) => {
              told.blockedBy = `Its files can't be removed (${String(error)}).`;
            })
            .finally(onChange),
        });
      }
      const current = removal;
      const patience = new AbortController();
      await Promise.race([current.done, parts.clock.sleep(REMOVAL_PATIENCE_MS, patience.signal)]);
      patience.abort();
      const presence = current.ended ? 'absent' : 'removing';
      const blockedBy = current.ended ? null : (current.blockedBy ?? 'Waiting for its processes to end.');
      return { ...observe(), presence, blockedBy, removed: current.removed };
    },
    serving() {
      const revision = servingRevision === null ? undefined : revisions.get(servingRevision);
      return revision?.serving ? { revision: revision.number, where: revision.serving } : null;
    },
    wanted: () => (record && present ? (revisions.get(record.revision) ?? null) : null),
    async letBe() {
      for (const revision of revisions.values()) await revision.letBe();
    },
    async endProcesses() {
      await Promise.all([retireAtOnce(), ...[...revisions.values()].map((revision) => revision.end())]);
      servingRevision = null;
    },
  };
}

async function exists(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  );
}
