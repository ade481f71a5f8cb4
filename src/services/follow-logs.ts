import { EVERYTHING } from '../core/permissions.ts';
import type { EnvironmentKey, LogLine, LogQuery } from '../ports/environment-runtime.ts';
import type { EnvironmentServiceParts } from './environment-service-parts.ts';

/** How soon after the environment's end, or after something of it is there at last, a reader is told. */
const LOOK_AGAIN_MS = 250;

/**
 * The lines of an environment. The runtime knows only what has been put in place, so a reader who came before that, or
 * who was cut off there, is kept until the environment itself is over.
 */
export async function* followLogs(
  { store, runtime, clock }: Pick<EnvironmentServiceParts, 'store' | 'runtime' | 'clock'>,
  key: EnvironmentKey,
  query: LogQuery,
): AsyncIterable<LogLine> {
  /** The moment of the last line that was given, and how many were given of it: one millisecond can have many. */
  const told = { at: '', lines: 0 };
  for (;;) {
    const rest: LogQuery = told.at === '' ? query : { ...query, tail: undefined, since: told.at };
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
    if (!query.follow || query.signal.aborted) return;
    const found = await store.get(EVERYTHING, 'environment', key.id);
    if (!found || found.record.status.archivedAt !== null) return;
    await clock.sleep(LOOK_AGAIN_MS, query.signal);
  }
}
