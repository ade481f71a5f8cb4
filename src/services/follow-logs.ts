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
  let lastAt: string | null = null;
  /** How many lines of the moment `lastAt` have been given: many can be printed within one millisecond. */
  let given = 0;
  for (;;) {
    const rest: LogQuery = lastAt === null ? query : { ...query, tail: undefined, since: lastAt };
    const until = lastAt as string | null;
    let repeated = given;
    for await (const line of runtime.logs(key, rest)) {
      if (until !== null && line.at < until) continue;
      if (line.at === until && repeated > 0) {
        repeated -= 1;
        continue;
      }
      given = line.at === lastAt ? given + 1 : 1;
      lastAt = line.at;
      yield line;
    }
    if (!query.follow || query.signal.aborted) return;
    const found = await store.get(EVERYTHING, 'environment', key.id);
    if (!found || found.record.status.archivedAt !== null) return;
    await clock.sleep(LOOK_AGAIN_MS, query.signal);
  }
}
