import { request as httpRequest, type ClientRequest, type ClientRequestArgs, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Environment } from '../core/environment.ts';
import { Failure } from '../core/errors.ts';
import type { EnvironmentKey } from '../ports/environment-runtime.ts';
import { NOTHING, beginAnswer, passAnswer, passInformation } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { guarded } from './guarded.ts';
import type { PreviewConnections } from './preview-connections.ts';
import { forwardedRequestHeaders, hasBody, type RequestHeaderRules } from './request-headers.ts';
import { forwardedTrailers } from './response-headers.ts';

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
      // It belongs to nobody where the application went over to another protocol.
      outgoing.socket?.destroy();
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

    const onThrown = (error: unknown): void => fail(error, false);
    outgoing.once(
      'socket',
      guarded(onThrown, () => {
        connected = true;
        if (!body) return;
        // Only now, since what has been read of a body can't be read again for another attempt.
        if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
        sendBody(request, outgoing, onThrown);
      }),
    );
    outgoing.on(
      'information',
      guarded(onThrown, (information) => passInformation(information, exchange)),
    );
    outgoing.once(
      'response',
      guarded(onThrown, (answer) => {
        answered = true;
        beginAnswer(answer, exchange, environment, connections);
        exchange.endless = answer.headers['content-type']?.startsWith('text/event-stream') === true;
        passAnswer(answer, response);
        answer.once('end', () => {
          if (replayable) return;
          // An answer may come before the request is whole; the rest is of no use to anybody.
          request.unpipe(outgoing);
          request.resume();
          outgoing.destroy();
        });
      }),
    );
    outgoing.once('upgrade', () => {
      fail(
        new Failure('bad_upstream', `${exchange.name} went over to another protocol, unasked. Read its log.`),
        false,
      );
    });
    outgoing.on('error', (error) => {
      // Behind the head of an answer it is the answer's own stream that tells of trouble.
      if (!answered) fail(error, !connected || (replayable && !isNoHttp(error)));
    });
    outgoing.once('close', () => {
      if (!answered) fail(new Error('The connection was closed without an answer.'), false);
    });
    response.once('close', () => {
      signal.removeEventListener('abort', leave);
      resolve({ state: 'done' });
    });
    if (body) outgoing.write(NOTHING);
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

function sendBody(request: IncomingMessage, outgoing: ClientRequest, onThrown: (error: unknown) => void): void {
  request.pipe(outgoing, { end: false });
  request.once(
    'end',
    guarded(onThrown, () => {
      if (outgoing.destroyed) return;
      if (request.rawTrailers.length > 0) outgoing.addTrailers(forwardedTrailers(request.rawTrailers));
      outgoing.end();
    }),
  );
}
