import { realpath } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';
import {
  belongsTo,
  groupsOf,
  isAlive,
  processTable,
  signalProcess,
  type ProcessIdentity,
  type ProcessOwner,
  type ProcessRow,
} from './process-table.ts';

export interface ProcessCleanup {
  /**
   * Asks the supervisors to end their groups, then everything else of the owner, in the end by force. Resolves when
   * nothing of it is alive, or with what would not end.
   */
  endAll(
    owner: Omit<ProcessOwner, 'groups'>,
    supervisors: readonly ProcessIdentity[],
  ): Promise<readonly ProcessIdentity[]>;
}

/** A supervisor needs its own grace before it comes to force; this is a little more. */
const SUPERVISOR_PATIENCE_MS = 2_000;
const FORCE_MS = 3_000;

export function createProcessCleanup(clock: Clock, graceMs: number): ProcessCleanup {
  const scan = createSharedScan();

  async function untilEnded(processes: readonly ProcessIdentity[], atMostMs: number): Promise<void> {
    const until = clock.now() + atMostMs;
    for (let pause = 2; processes.some(isAlive) && clock.now() < until; pause = Math.min(pause * 2, 50)) {
      await clock.sleep(pause);
    }
  }

  return {
    async endAll(who, supervisors) {
      const folder = await realpath(who.folder).catch(() => who.folder);
      const owner = { ...who, folder, groups: groupsOf(supervisors) };
      for (const supervisor of supervisors) signalProcess(supervisor, 'SIGTERM');
      await untilEnded(supervisors, graceMs + SUPERVISOR_PATIENCE_MS);
      const killAt = clock.now() + graceMs;
      const asked = new Set<number>();
      for (;;) {
        const left = (await scan()).filter((row) => row.pid !== process.pid && belongsTo(row, owner));
        if (left.length === 0) return supervisors.filter(isAlive);
        if (clock.now() > killAt + FORCE_MS) return left;
        const force = clock.now() >= killAt;
        for (const row of left) {
          if (force) signalProcess(row, 'SIGKILL');
          else if (!asked.has(row.pid)) signalProcess(row, 'SIGTERM');
          asked.add(row.pid);
        }
        await untilEnded(left, force ? 500 : Math.max(1, killAt - clock.now()));
      }
    },
  };
}

/** One look at the table serves everybody who asked before it began. */
function createSharedScan(): () => Promise<readonly ProcessRow[]> {
  let next: Promise<readonly ProcessRow[]> | null = null;
  return () => {
    next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        next = null;
        try {
          resolve(processTable());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    return next;
  };
}
