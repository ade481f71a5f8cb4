import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Environment } from '../core/environment.ts';
import { answerHeaders, beginAnswer, passAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { connectionMaker, type ForwardParts, type Outcome } from './forward-request.ts';
import { guarded } from './guarded.ts';
import { forwardedRequestHeaders, headerPairs } from './request-headers.ts';

/** Between a socket that is gone and the end of its counterpart, for what is still on its way. */
const LINGER_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;

/** Only WebSockets: any other protocol could carry requests past the rules for headers. */
export function isWebSocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Passes a WebSocket's handshake on, and then whatever either side says. Resolves when the socket is closed or the
 * application has refused; never rejects.
 * @param head what the visitor sent right behind the handshake
 */
export function forwardUpgrade(
  { connections, rules }: ForwardParts,
  exchange: Exchange,
  environment: Environment,
  socket: Duplex,
  head: Buffer,
): Promise<Outcome> {
  const { request, response, signal } = exchange;
  const { metadata } = environment;
  return new Promise((resolve) => {
    const outgoing = httpRequest({
      method: 'GET',
      path: request.url ?? '/',
      headers: [...forwardedRequestHeaders(request, rules), 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
      setHost: false,
      insecureHTTPParser: false,
      createConnection: connectionMaker(connections, { id: metadata.id, name: metadata.name }),
    });
    let answered = false;
    const leave = (): void => {
      outgoing.destroy();
      resolve({ state: 'done' });
    };
    if (signal.aborted) {
      leave();
      return;
    }
    signal.addEventListener('abort', leave, { once: true });

    function fail(error: unknown, repeatable: boolean): void {
      signal.removeEventListener('abort', leave);
      outgoing.destroy();
      // It belongs to nobody once another protocol was agreed on.
      outgoing.socket?.destroy();
      resolve({ state: 'failed', repeatable, error });
    }
    const onThrown = (error: unknown): void => fail(error, false);

    outgoing.once(
      'upgrade',
      guarded(onThrown, (answer, upstream, upstreamHead) => {
        answered = true;
        const headers = answerHeaders(answer, exchange, environment, connections);
        headers.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
        const lines = [...headerPairs(headers)].map(([key, value]) => `${key}: ${value}\r\n`);
        signal.removeEventListener('abort', leave);
        exchange.endless = true;
        response.detachSocket(socket as Socket);
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`, 'latin1');
        if (upstreamHead.length > 0) socket.write(upstreamHead);
        if (head.length > 0) upstream.write(head);
        tunnel(socket, upstream, () => resolve({ state: 'done' }));
      }),
    );
    outgoing.once(
      'response',
      guarded(onThrown, (answer) => {
        answered = true;
        beginAnswer(answer, exchange, environment, connections);
        response.once('close', () => resolve({ state: 'done' }));
        passAnswer(answer, response);
      }),
    );
    outgoing.on('error', (error) => {
      if (!answered) fail(error, true);
    });
    outgoing.once('close', () => {
      if (!answered) fail(new Error('The connection was closed without an answer.'), false);
    });
    outgoing.end();
  });
}

/** Joins two sockets. When one side has said all, the other may go on; when one is gone, the other ends soon. */
function tunnel(visitor: Duplex, upstream: Duplex, onClosed: () => void): void {
  let open = 2;
  for (const [one, other] of [
    [visitor, upstream],
    [upstream, visitor],
  ] as const) {
    // Finds out about a peer that vanished without a word.
    if (one instanceof Socket) one.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true).setTimeout(0);
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.once('close', () => {
      open -= 1;
      if (open === 0) onClosed();
      if (other.destroyed) return;
      other.end();
      setTimeout(() => other.destroy(), LINGER_MS).unref();
    });
  }
}
