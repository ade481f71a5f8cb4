import {
  request as httpRequest,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { Environment } from '../core/environment.ts';
import type { EnvironmentKey } from '../ports/environment-runtime.ts';
import type { Exchange } from './exchange.ts';
import type { PreviewConnections } from './preview-connections.ts';
import { commitOf } from './preview-target.ts';
import { forwardedRequestHeaders, hasBody, type RequestHeaderRules } from './request-headers.ts';
import { forwardedResponseHeaders, forwardedTrailers } from './response-headers.ts';

/**
 * How an attempt ended. `failed` means that nothing has been said to the visitor; where it is `repeatable`, asking the
 * application again can't do anything twice.
 */
export type Outcome =
  { readonly state: 'done' } | { readonly state: 'failed'; readonly repeatable: boolean; readonly error: unknown };

export interface ForwardParts {
  readonly connections: PreviewConnections;
  readonly rules: RequestHeaderRules;
}

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Passes one request on to what serves the environment, and its answer back, both as they come. Never rejects. */
export function forwardRequest(
  { connections, rules }: ForwardParts,
  exchange: Exchange,
  environment: Environment,
): Promise<Outcome> {
  const { request, response, signal } = exchange;
  return new Promise((resolve) => {
    const body = hasBody(request);
    const replayable = !body && IDEMPOTENT.has(request.method ?? '');
    const outgoing = openRequest(connections, environment, replayable, {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: forwardedRequestHeaders(request, rules),
    });
    let connected = false;
    let answered = false;

    function fail(error: unknown, repeatable: boolean): void {
      signal.removeEventListener('abort', leave);
      outgoing.destroy();
      resolve({ state: 'failed', repeatable, error });
    }
    function leave(): void {
      outgoing.destroy();
      resolve({ state: 'done' });
    }
    if (signal.aborted) {
      leave();
      return;
    }
    signal.addEventListener('abort', leave, { once: true });

    outgoing.once('socket', () => {
      connected = true;
      if (!body) return;
      // Only now, since what has been read of a body can't be read again for another attempt.
      if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
      sendBody(request, outgoing);
    });
    outgoing.on('information', (information) => passInformation(information, response));
    outgoing.once('response', (answer) => {
      answered = true;
      try {
        writeHead(answer, exchange, environment, connections);
        exchange.endless = answer.headers['content-type']?.startsWith('text/event-stream') === true;
      } catch (error) {
        fail(error, false);
        return;
      }
      passAnswer(answer, response);
      answer.once('end', () => {
        if (replayable) return;
        // An answer may come before the request is whole; the rest is of no use to anybody.
        request.unpipe(outgoing);
        request.resume();
        outgoing.destroy();
      });
    });
    outgoing.on('error', (error) => {
      // Behind the head of an answer it is the answer's own stream that tells of trouble.
      if (!answered) fail(error, !connected || (replayable && !isNoHttp(error)));
    });
    response.once('close', () => {
      signal.removeEventListener('abort', leave);
      resolve({ state: 'done' });
    });
    if (body) outgoing.flushHeaders();
    else outgoing.end();
  });
}

/** What the parser refuses, it will refuse again. */
export function isNoHttp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:HPE|ERR)_/.test(String(error.code));
}

interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
}

/**
 * What can be repeated may go over a connection that was used before, since it may just have been closed at the other
 * end. Everything else gets a connection of its own.
 */
function openRequest(
  connections: PreviewConnections,
  { metadata, status }: Environment,
  replayable: boolean,
  head: Head,
): ClientRequest {
  const key = { id: metadata.id, name: metadata.name };
  const options = { ...head, setHost: false, insecureHTTPParser: false };
  if (replayable) return httpRequest({ ...options, agent: connections.agentFor(key, status.serving?.revision ?? 0) });
  // Told that the connection is to be closed, servers close it before they have read what they refuse, and what they
  // answered is lost.
  const headers = [...head.headers, 'Connection', 'keep-alive'];
  return httpRequest({ ...options, headers, createConnection: connectionMaker(connections, key) });
}

/** For requests that have a connection of their own. */
export function connectionMaker(
  connections: PreviewConnections,
  key: EnvironmentKey,
): NonNullable<ClientRequestArgs['createConnection']> {
  return (_options, callback) => {
    connections.open(key).then(
      ({ connection }) => callback(null, connection),
      (error: unknown) => callback(error as Error, undefined as unknown as Duplex),
    );
    return undefined;
  };
}

function sendBody(request: IncomingMessage, outgoing: ClientRequest): void {
  request.pipe(outgoing, { end: false });
  request.once('end', () => {
    if (outgoing.destroyed) return;
    if (request.rawTrailers.length > 0) outgoing.addTrailers(forwardedTrailers(request.rawTrailers));
    outgoing.end();
  });
}

function writeHead(
  answer: IncomingMessage,
  { request, response, name }: Exchange,
  environment: Environment,
  connections: PreviewConnections,
): void {
  const revision = connections.revisionOf(answer.socket);
  const headers = forwardedResponseHeaders(answer, {
    host: hostName(request),
    name,
    commit: revision === null ? null : commitOf(environment, revision),
  });
  response.sendDate = answer.headers.date === undefined;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  response.flushHeaders();
}

export function hostName({ headers }: IncomingMessage): string {
  return (headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

export function passAnswer(answer: IncomingMessage, response: ServerResponse): void {
  answer.pipe(response, { end: false });
  answer.once('end', () => {
    if (answer.rawTrailers.length > 0) response.addTrailers(forwardedTrailers(answer.rawTrailers));
    response.end();
  });
  // Half an answer must not look like a whole one.
  answer.once('error', () => response.destroy());
}

/** Interim answers that the application gives; 100 is agreed between each two neighbours. */
function passInformation(
  { statusCode, headers }: { readonly statusCode: number; readonly headers: NodeJS.Dict<string | string[]> },
  response: ServerResponse,
): void {
  if (statusCode === 102) response.writeProcessing();
  if (statusCode === 103 && headers['link'] !== undefined) response.writeEarlyHints({ link: headers['link'] });
}
