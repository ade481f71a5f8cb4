import { EVERYTHING } from '../core/permissions.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentKey, EnvironmentRuntime } from '../ports/environment-runtime.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { Log } from '../ports/log.ts';

export interface OrphanSweepParts {
  readonly store: EnvironmentStore;
  readonly runtime: EnvironmentRuntime;
  /** Whoever is among these needs no look at the store. */
  readonly living: { has(id: string): boolean };
  readonly clock: Clock;
  readonly log: Log;
}

/** More than this at once is no sweep but a sign that the records are the wrong ones. */
const ORPHANS_AT_MOST = 5;
const ORPHANS_SHARE = 0.05;
const TRIES = 60;
const TRY_AGAIN_MS = 500;

/**
 * Removes what runs without a living record. Missing evidence removes nothing: a store or a runtime that fails ends
 * the sweep, and so does finding too much.
 */
export async function sweepOrphans(
  { store, runtime, living, clock, log }: OrphanSweepParts,
  signal: AbortSignal,
): Promise<number> {
  const present = await runtime.list();
  const orphans: EnvironmentKey[] = [];
  for (const key of present) {
    if (living.has(key.id)) continue;
    const record = await store.get(EVERYTHING, 'environment', key.id);
    if (!record || record.record.status.archivedAt !== null) orphans.push(key);
  }
  const limit = Math.max(ORPHANS_AT_MOST, Math.floor(present.length * ORPHANS_SHARE));
  if (orphans.length > limit) {
    log.warn(
      { orphans: orphans.length, of: present.length },
      'Far more runs than there are records for. Nothing was removed: check that DATA_DIR and STORE are the right ones.',
    );
    return 0;
  }
  for (const key of orphans) {
    log.info({ environment: key.id }, 'Removing what was left behind by an environment without a record.');
    for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt += 1) {
      if ((await runtime.remove(key)).presence === 'absent') break;
      await clock.sleep(TRY_AGAIN_MS, signal);
    }
  }
  return orphans.length;
}
