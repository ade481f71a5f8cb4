import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Environment } from '../core/environment.ts';
import { Failure } from '../core/errors.ts';
import type { Exchange } from './exchange.ts';
import { guarded } from './guarded.ts';
import type { PreviewConnections } from './preview-connections.ts';
import { commitOf } from './preview-target.ts';
import { forwardedResponseHeaders, forwardedTrailers } from './response-headers.ts';

/** What may stand in a status line (RFC 9112, section 4). */
const STATUS_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Answers without a body, whatever their headers say. */
const NO_BODY: ReadonlySet<number> = new Set([204, 304]);

/** Headers for the visitor of what an application has answered. */
export function answerHeaders(
  answer: IncomingMessage,
  { request, name }: Exchange,
  environment: Environment,
  connections: PreviewConnections,
): string[] {
  const revision = connections.revisionOf(answer.socket);
  return forwardedResponseHeaders(answer, {
    host: hostName(request),
    name,
    commit: revision === null ? null : commitOf(environment, revision),
    chunked: isPassedInChunks(answer, request),
  });
}

/** Writing this sends the head of a message as the bytes that it had. `flushHeaders` would write it as UTF-8. */
export const NOTHING = Buffer.alloc(0);

/** Sends the head of an answer. Throws, with nothing sent, where it can't be passed on. */
export function beginAnswer(
  answer: IncomingMessage,
  exchange: Exchange,
  environment: Environment,
  connections: PreviewConnections,
): void {
  const { response, name } = exchange;
  const { statusCode = 0, statusMessage = '' } = answer;
  // 101 as well: nothing that was passed on had asked for another protocol.
  if (statusCode < 200) {
    throw new Failure('bad_upstream', `${name} answered with the status ${String(statusCode)}, which ends nothing.`);
  }
  response.sendDate = answer.headers.date === undefined;
  const text = STATUS_TEXT.test(statusMessage) ? statusMessage : undefined;
  response.writeHead(statusCode, text, answerHeaders(answer, exchange, environment, connections));
  response.write(NOTHING);
}

export function passAnswer(answer: IncomingMessage, response: ServerResponse): void {
  answer.pipe(response, { end: false });
  // Half an answer must not look like a whole one.
  const cutOff = (): void => void response.destroy();
  answer.once('error', cutOff);
  answer.once(
    'end',
    guarded(cutOff, () => {
      if (answer.rawTrailers.length > 0) response.addTrailers(forwardedTrailers(answer.rawTrailers));
      response.end();
    }),
  );
}

/** Interim answers that the application gives; 100 is agreed between each two neighbours. */
export function passInformation(
  { statusCode, headers }: { readonly statusCode: number; readonly headers: NodeJS.Dict<string | string[]> },
  { request, response }: Exchange,
): void {
  // To them it would be the answer (RFC 9110, section 15.2).
  if (request.httpVersion === '1.0') return;
  if (statusCode === 102) response.writeProcessing();
  const link = [headers['link'] ?? []].flat().flatMap((value) => value.split(/,(?=\s*<)/));
  if (statusCode !== 103 || link.length === 0) return;
  try {
    response.writeEarlyHints({ link: link.map((value) => value.trim()) });
  } catch {
    // Node.js knows fewer forms of links than there are, and sends nothing of what it refuses: they are only hints.
  }
}

function hostName({ headers }: IncomingMessage): string {
  return (headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

function isPassedInChunks(answer: IncomingMessage, { method, httpVersion }: IncomingMessage): boolean {
  if (answer.headers['transfer-encoding'] === undefined) return false;
  return httpVersion !== '1.0' && method !== 'HEAD' && !NO_BODY.has(answer.statusCode ?? 0);
}
