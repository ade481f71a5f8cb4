import type { Clock } from '../../ports/clock.ts';
import type { LogLine, LogQuery } from '../../ports/environment-runtime.ts';
import type { LocalEnvironment } from './local-environment.ts';
import { openLog, type LogReader } from './log-reader.ts';
import type { LogPaths } from './removed-logs.ts';

const CONTAINERS = ['build', 'web'] as const;
type Container = (typeof CONTAINERS)[number];

const POLL_MS = 150;

interface OpenLog {
  readonly container: Container;
  readonly reader: LogReader;
}

/**
 * The lines of the wanted revision's build and web logs, oldest first; following goes on with the next revision.
 * @param removed where the logs are of an environment that is gone
 */
export async function* readEnvironmentLogs(
  environment: LocalEnvironment,
  removed: LogPaths,
  clock: Clock,
  query: LogQuery,
): AsyncIterable<LogLine> {
  const containers = CONTAINERS.filter((container) => query.container === undefined || query.container === container);
  let revision = environment.wanted();
  if (containers.length === 0) return;
  let logs = await openLogs(revision?.paths ?? removed, containers, query.tail ?? null);
  try {
    const first = (await readAll(logs)).sort((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0));
    const since = query.since === undefined ? null : new Date(query.since).toISOString();
    yield* (query.tail === undefined ? first : first.slice(-query.tail)).filter(
      ({ at }) => since === null || at >= since,
    );
    while (revision && query.follow && !query.signal.aborted) {
      const lines = await readAll(logs);
      yield* lines;
      if (lines.length > 0) continue;
      const now = environment.wanted();
      if (!now) return;
      if (now.number !== revision.number) {
        await closeLogs(logs);
        revision = now;
        logs = await openLogs(now.paths, containers, null);
        continue;
      }
      await clock.sleep(POLL_MS, query.signal);
    }
  } finally {
    await closeLogs(logs);
  }
}

function openLogs(paths: LogPaths, containers: readonly Container[], lastLines: number | null): Promise<OpenLog[]> {
  return Promise.all(
    containers.map(async (container) => ({
      container,
      reader: await openLog(container === 'build' ? paths.buildLog : paths.webLog, lastLines),
    })),
  );
}

async function readAll(logs: readonly OpenLog[]): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (const { container, reader } of logs) {
    for (let more = await reader.read(); more.length > 0; more = await reader.read()) {
      for (const { at, stream, text } of more) lines.push({ at, container, stream, text });
    }
  }
  return lines;
}

async function closeLogs(logs: readonly OpenLog[]): Promise<void> {
  for (const { reader } of logs) await reader.close();
}
