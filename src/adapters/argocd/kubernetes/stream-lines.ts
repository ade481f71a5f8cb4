import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { ConnectionFailure } from './connection-failure.ts';
import { failureOfConnection, type CallPurpose } from './failure-of.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { KubernetesFailure } from './kubernetes-failure.ts';

export type StreamClient = Pick<KubernetesClient, 'stream' | 'server'>;

export interface LineStreamRequest {
  readonly path: string;
  /** Silence after which the connection is taken for dead. */
  readonly idleLimitMs: number;
  readonly lineMaxLength: number;
  readonly signal: AbortSignal;
}

export interface StreamedLine {
  readonly text: string;
  /** Whether the line is longer than what may be, and goes on with the next one. */
  readonly isCut: boolean;
}

const BEGIN_TIMEOUT_MS = 10_000;

/**
 * Resolves once the API server begins to answer, with the lines of what it goes on to say. Fails, or ends with a
 * failure: `timeout` when the connection has gone silent, `unavailable` when it breaks, else as the API server says.
 */
export async function openLines(
  client: StreamClient,
  purpose: CallPurpose,
  request: LineStreamRequest,
): Promise<AsyncGenerator<StreamedLine>> {
  const { path, signal } = request;
  const stream = await client.stream({ action: purpose.action, path, timeoutMs: BEGIN_TIMEOUT_MS, signal });
  return readUntilEnd(stream, purpose, client.server, request);
}

async function* readUntilEnd(
  stream: IncomingMessage,
  purpose: CallPurpose,
  server: URL,
  { idleLimitMs, lineMaxLength, signal }: LineStreamRequest,
): AsyncGenerator<StreamedLine> {
  const stop = (): void => {
    stream.destroy(signal.reason as Error);
  };
  signal.addEventListener('abort', stop, { once: true });
  stream.setTimeout(idleLimitMs, () => {
    const message = `nothing was heard for ${String(Math.round(idleLimitMs / 1000))} seconds`;
    stream.destroy(new ConnectionFailure(message, { isTimeout: true, mayHaveArrived: true }));
  });
  try {
    signal.throwIfAborted();
    yield* readLines(stream, lineMaxLength);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KubernetesFailure) throw error;
    const cut = { isTimeout: false, mayHaveArrived: true, cause: error };
    const failure = error instanceof ConnectionFailure ? error : new ConnectionFailure((error as Error).message, cut);
    throw failureOfConnection(purpose, server, failure);
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}

/** The lines of a stream, each as soon as it is whole, without its end; long ones in pieces. */
export async function* readLines(stream: Readable, maxLength: number): AsyncGenerator<StreamedLine> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // Only what is new is searched for ends of lines: one may come in a thousand chunks.
    const lines = decoder.write(chunk).split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    for (const line of lines) yield* pieces(line, maxLength);
    for (; rest.length > maxLength; rest = rest.slice(maxLength)) yield { text: rest.slice(0, maxLength), isCut: true };
  }
  if (rest !== '') yield { text: rest, isCut: false };
}

function* pieces(line: string, maxLength: number): Generator<StreamedLine> {
  let at = 0;
  for (; line.length - at > maxLength; at += maxLength) yield { text: line.slice(at, at + maxLength), isCut: true };
  yield { text: line.slice(at), isCut: false };
}
