import { EVERYTHING } from '../core/permissions.ts';
import type { EnvironmentKey, LogLine, LogQuery } from '../ports/environment-runtime.ts';
import type { EnvironmentServiceParts } from './environment-service-parts.ts';

/** How soon after the environment's end, or after something of it is there at last, a reader is told. */
const LOOK_AGAIN_MS = 250;

/**
 * The lines of an environment. The runtime knows only what has been put in place, so a reader who came before that, or
 * who was cut off there, is kept until the environment itself is over. What it said at the end is read once more then.
 */
export async function* followLogs(
  { store, runtime, clock }: Pick<EnvironmentServiceParts, 'store' | 'runtime' | 'clock'>,
  key: EnvironmentKey,
  query: LogQuery,
): AsyncIterable<LogLine> {
  /** The moment of the last line that was given, and how many were given of it: one millisecond can have many. */
  const told = { at: '', lines: 0 };
  for (;;) {
    const found = await store.get(EVERYTHING, 'environment', key.id);
    const follow = query.follow && found !== null && found.record.status.archivedAt === null;
    const rest: LogQuery =
      told.at === '' ? { ...query, follow } : { ...query, follow, tail: undefined, since: told.at };
    const before = { ...told };
    for await (const line of runtime.logs(key, rest)) {
      if (line.at < before.at) continue;
      if (line.at === before.at && before.lines > 0) {
        before.lines -= 1;
        continue;
      }
      told.lines = line.at === told.at ? told.lines + 1 : 1;
      told.at = line.at;
      yield line;
    }
    if (!follow || query.signal.aborted) return;
    await clock.sleep(LOOK_AGAIN_MS, query.signal);
  }
}
