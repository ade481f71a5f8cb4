import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { olderLogFile } from './log-writer.ts';
import type { RevisionPaths } from './revision-files.ts';
import { isMissing } from './state-files.ts';

export type LogPaths = Pick<RevisionPaths, 'buildLog' | 'webLog'>;

/** The logs of environments that have been removed, kept until nobody will ask for them any more. */
export interface RemovedLogs {
  /** Takes the logs of a revision. Idempotent: what has been taken before stays. */
  keep(environmentId: string, logs: LogPaths): Promise<void>;
  /** Where they are, if there are any. */
  pathsOf(environmentId: string): LogPaths;
  close(): void;
}

const RETENTION_MS = 30 * 24 * 60 * 60_000;
const SWEEP_EVERY_MS = 24 * 60 * 60_000;

/** @param folder on the same file system as the environments; each folder in it was last changed at the removal. */
export function createRemovedLogs(folder: string, clock: Clock, log: Log): RemovedLogs {
  let cancel = clock.schedule(0, sweepFromNowOn);

  function sweepFromNowOn(): void {
    cancel = clock.schedule(SWEEP_EVERY_MS, sweepFromNowOn);
    sweep().catch((error: unknown) => {
      log.warn(
        { error: String(error) },
        'Old logs of removed environments could not be removed; tried again tomorrow.',
      );
    });
  }

  async function sweep(): Promise<void> {
    const names = await readdir(folder).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    for (const name of names) {
      const path = join(folder, name);
      const { mtimeMs } = await stat(path);
      if (clock.now() - mtimeMs > RETENTION_MS) await rm(path, { recursive: true, force: true });
    }
  }

  return {
    async keep(environmentId, { buildLog, webLog }) {
      const kept = join(folder, environmentId);
      await mkdir(kept, { recursive: true, mode: 0o700 });
      for (const file of [olderLogFile(buildLog), buildLog, olderLogFile(webLog), webLog]) {
        await rename(file, join(kept, basename(file))).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
      }
    },
    pathsOf: (environmentId) => ({
      buildLog: join(folder, environmentId, 'build.log'),
      webLog: join(folder, environmentId, 'web.log'),
    }),
    close() {
      cancel();
    },
  };
}
