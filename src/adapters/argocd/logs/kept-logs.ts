import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../ports/clock.ts';
import type { LogLine } from '../../../ports/environment-runtime.ts';
import type { Log } from '../../../ports/log.ts';

/** The logs of environments that have been removed, in a folder, until nobody will ask for them any more. */
export interface KeptLogs {
  has(environmentId: string): Promise<boolean>;
  /** Whole or not at all. */
  keep(environmentId: string, lines: readonly LogLine[]): Promise<void>;
  read(environmentId: string): Promise<readonly LogLine[]>;
  close(): void;
}

const RETENTION_MS = 30 * 24 * 60 * 60_000;
const SWEEP_EVERY_MS = 24 * 60 * 60_000;

export function createKeptLogs(folder: string, clock: Clock, log: Log): KeptLogs {
  let cancel = clock.schedule(0, sweepFromNowOn);

  function fileOf(environmentId: string): string {
    return join(folder, `${environmentId.replace(/[^a-z0-9_]/gi, '')}.jsonl`);
  }

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
    for (const name of await readdir(folder).catch(emptyWhereMissing<string[]>([]))) {
      const path = join(folder, name);
      if (clock.now() - (await stat(path)).mtimeMs > RETENTION_MS) await rm(path, { force: true });
    }
  }

  return {
    has: (environmentId) =>
      stat(fileOf(environmentId)).then(
        () => true,
        () => false,
      ),
    async keep(environmentId, lines) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = fileOf(environmentId);
      const draft = await open(`${file}.draft`, 'w', 0o600);
      try {
        await draft.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      } finally {
        await draft.close();
      }
      await rename(`${file}.draft`, file);
    },
    async read(environmentId) {
      const text = await readFile(fileOf(environmentId), 'utf8').catch(emptyWhereMissing(''));
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as LogLine);
    },
    close() {
      cancel();
    },
  };
}

function emptyWhereMissing<T>(empty: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
    throw error;
  };
}
