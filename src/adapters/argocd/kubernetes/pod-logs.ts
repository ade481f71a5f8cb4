import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';
import { isKubernetesFailure } from './kubernetes-failure.ts';
import { compareStamps, parseStamp, stampSeconds, stampText, type LogStamp } from './log-stamp.ts';
import { objectPath, pods } from './resources.ts';
import { openLines, type StreamClient, type StreamedLine } from './stream-lines.ts';

export interface PodLogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Goes on until the container ends. */
  readonly follow: boolean;
  /** Only the last so many lines of what is there. */
  readonly tail?: number | undefined;
  /** RFC 3339: only lines from then on. */
  readonly since?: string | undefined;
  /** Of the container before its last restart. */
  readonly previous?: boolean | undefined;
  readonly signal: AbortSignal;
}

export interface PodLogLine {
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly text: string;
}

/** A longer line comes in pieces of this many characters. */
const LINE_MAX_LENGTH = 65_536;
/** A followed log may be silent; its connection is made anew now and then, for it may be dead. */
const IDLE_LIMIT_MS = 120_000;
const BACKOFF = { firstMs: 250, longestMs: 5_000 };
const FAILURES_MAX = 12;
/** A connection that held for so long is no failure in a row. */
const HELD_MS = 5_000;

/**
 * The lines of one container, oldest first, read as fast as they are taken. A followed log goes on where it was when
 * the connection breaks, without a line twice. Ends when the signal aborts; fails with a `KubernetesFailure`:
 * `invalid` while the container has not started, `unavailable` when the API server stays out of reach.
 */
export async function* readPodLogs(client: StreamClient, query: PodLogQuery): AsyncGenerator<PodLogLine> {
  const { signal, follow } = query;
  const progress: Progress = { last: null, count: 0 };
  for (let failures = 0; !signal.aborted;) {
    const begunAt = performance.now();
    try {
      for await (const { stamp, text } of unseen(await openLog(client, query, progress.last), query, progress)) {
        yield { at: stampText(stamp), text };
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      failures = performance.now() - begunAt > HELD_MS ? 1 : failures + 1;
      const isPassing = isKubernetesFailure(error, 'unavailable', 'timeout', 'too_many_requests');
      if (!follow || !isPassing || failures > FAILURES_MAX) throw error;
      await pause(backoffMs(BACKOFF, failures), null, { signal }).catch(() => undefined);
    }
  }
}

/** The stamp of the last line given, and how many lines with it were: asking by time brings them again. */
interface Progress {
  last: LogStamp | null;
  count: number;
}

interface StampedLine {
  readonly stamp: LogStamp;
  readonly text: string;
}

function openLog(
  client: StreamClient,
  query: PodLogQuery,
  resumeFrom: LogStamp | null,
): Promise<AsyncIterable<StreamedLine>> {
  const { namespace, pod, container, follow, tail, previous, signal } = query;
  const from = resumeFrom ?? sinceOf(query);
  const parameters = new URLSearchParams({
    container,
    timestamps: 'true',
    ...(follow ? { follow: 'true' } : {}),
    ...(previous === true ? { previous: 'true' } : {}),
    ...(tail === undefined || resumeFrom !== null ? {} : { tailLines: String(tail) }),
    ...(from === null ? {} : { sinceTime: stampSeconds(from) }),
  });
  const purpose = { action: `read the log of container ${container} of Pod ${namespace}/${pod}`, isRead: true };
  return openLines(client, purpose, {
    path: `${objectPath(pods, { namespace, name: pod })}/log?${parameters.toString()}`,
    idleLimitMs: IDLE_LIMIT_MS,
    lineMaxLength: LINE_MAX_LENGTH,
    signal,
  });
}

/** Those lines that were asked for and not given before. */
async function* unseen(
  lines: AsyncIterable<StreamedLine>,
  query: PodLogQuery,
  progress: Progress,
): AsyncGenerator<StampedLine> {
  const since = sinceOf(query);
  const { last } = progress;
  let toSkip = progress.count;
  let isBehind = last !== null;
  for await (const line of stamped(lines)) {
    if (since !== null && compareStamps(line.stamp, since) < 0) continue;
    if (isBehind && last !== null) {
      const order = compareStamps(line.stamp, last);
      if (order < 0) continue;
      if (order === 0 && toSkip > 0) {
        toSkip -= 1;
        continue;
      }
      isBehind = false;
    }
    const isSame = progress.last !== null && compareStamps(line.stamp, progress.last) === 0;
    progress.count = isSame ? progress.count + 1 : 1;
    progress.last = line.stamp;
    yield line;
  }
}

/** The pieces of a cut line have the stamp of their line. */
async function* stamped(lines: AsyncIterable<StreamedLine>): AsyncGenerator<StampedLine> {
  let stamp: LogStamp | null = null;
  let isContinued = false;
  for await (const { text, isCut } of lines) {
    const space = isContinued ? -1 : text.indexOf(' ');
    const own: LogStamp | null = isContinued ? null : parseStamp(space === -1 ? text : text.slice(0, space));
    const shown = own === null ? text : space === -1 ? '' : text.slice(space + 1);
    stamp = own ?? stamp;
    isContinued = isCut;
    if (stamp !== null) yield { stamp, text: shown.endsWith('\r') ? shown.slice(0, -1) : shown };
  }
}

function sinceOf({ since }: PodLogQuery): LogStamp | null {
  return since === undefined ? null : parseStamp(new Date(since).toISOString());
}
