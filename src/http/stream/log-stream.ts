import type { LogLine } from '../../ports/environment-runtime.ts';
import type { Log } from '../../ports/log.ts';
import { toLogLine } from '../api/representations/environment-details.ts';
import type { EventStream } from './event-streams.ts';

/**
 * Sends each line as an event `log`, whose id is its time, and `end` when there will be no more. Lines are taken at the
 * client's pace.
 */
export async function streamLog(stream: EventStream, lines: AsyncIterable<LogLine>, log: Log): Promise<void> {
  try {
    for await (const line of lines) {
      if (stream.signal.aborted) return;
      stream.send(`event: log\nid: ${line.at}\ndata: ${JSON.stringify(toLogLine(line))}\n\n`);
      await stream.drained();
    }
    stream.send('event: end\ndata: {}\n\n');
  } catch (error) {
    if (!stream.signal.aborted) log.warn({ error: String(error) }, 'A log could not be followed any further.');
  }
  stream.end();
}
