import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../ports/clock.ts';
import type { LogLine } from '../../../ports/environment-runtime.ts';
import type { Log } from '../../../ports/log.ts';

/** The logs of environments that have been removed, in a folder, until nobody will ask for them any more. */
export interface KeptLogs {
  /** Adds what is newer than what is kept already; whole or not at all. The oldest lines go where there are too many. */
  keep(environmentId: string, lines: readonly LogLine[]): Promise<void>;
  read(environmentId: string): Promise<readonly LogLine[]>;
  close(): void;
}

const LINES_MAX = 10_000;
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

  async function read(environmentId: string): Promise<readonly LogLine[]> {
    const text = await readFile(fileOf(environmentId), 'utf8').catch(emptyWhereMissing(''));
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  return {
    async keep(environmentId, lines) {
      const before = await read(environmentId);
      const until = Date.parse(before.at(-1)?.at ?? '1970-01-01T00:00:00Z');
      const newer = lines.filter(({ at }) => Date.parse(at) > until);
      if (newer.length === 0) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = fileOf(environmentId);
      const draft = await open(`${file}.draft`, 'w', 0o600);
      try {
        await draft.writeFile(
          [...before, ...newer]
            .slice(-LINES_MAX)
            .map((line) => `${JSON.stringify(line)}\n`)
            .join(''),
        );
      } finally {
        await draft.close();
      }
      await rename(`${file}.draft`, file);
    },
    read,
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
