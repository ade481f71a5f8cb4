import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { ClusterTarget } from './cluster-access.ts';
import { ConnectionFailure } from './connection-failure.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
  /** Until the answer is complete, or for a stream until it begins. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** HTTP to the API server, and nothing above it: no meaning, no repetition. */
export interface ApiTransport {
  /** Fails with a `ConnectionFailure`, or with the signal's reason. */
  send(target: ClusterTarget, request: ApiRequest): Promise<ApiAnswer>;
  /** Over a connection of its own, that the caller ends. */
  open(target: ClusterTarget, request: ApiRequest): Promise<IncomingMessage>;
  close(): void;
}

/** Calls at the same time; more of them wait for a connection, so that a burst does not become a flood of handshakes. */
const CONNECTIONS = 32;
const IDLE_CONNECTIONS = 8;
/** Less than what load balancers and the API server itself grant an idle connection. */
const IDLE_MS = 30_000;
const ANSWER_MAX_BYTES = 256 * 1024 * 1024;

/** Connections whose TLS handshake is done. */
const secured = new WeakSet<object>();

export function createApiTransport(): ApiTransport {
  const pool = new Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS,
    maxFreeSockets: IDLE_CONNECTIONS,
    timeout: IDLE_MS,
    scheduling: 'lifo',
  });
  const streams = new Agent({ keepAlive: false });

  /** Where one connection has gone silent, those that wait idle are likely to be dead without a word too. */
  function dropIdle(): void {
    for (const socket of Object.values(pool.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
  }

  return {
    async send(target, request) {
      try {
        return await begin(target, request, target.proxy ?? pool, readAnswer);
      } catch (error) {
        if (error instanceof ConnectionFailure && error.isTimeout) dropIdle();
        throw error;
      }
    },
    async open(target, request) {
      const incoming = await begin(target, request, target.proxy ?? streams, async (answer) => answer);
      incoming.on('error', (error) => {
        if (error instanceof ConnectionFailure && error.isTimeout) dropIdle();
      });
      return incoming;
    },
    close() {
      pool.destroy();
      streams.destroy();
    },
  };
}

/** Sends the request; the time-out and the signal are in force until `receive` is done with the answer. */
function begin<T>(
  target: ClusterTarget,
  request: ApiRequest,
  agent: Agent,
  receive: (incoming: IncomingMessage) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    request.signal?.throwIfAborted();
    const { server, tls } = target;
    const body = request.body === undefined ? undefined : Buffer.from(request.body);
    let mayHaveArrived = false;
    let answer: IncomingMessage | null = null;

    const outgoing = startRequest({
      ...tls,
      agent,
      host: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? 443 : server.port,
      method: request.method,
      path: `${server.pathname.replace(/\/$/, '')}${request.path}`,
      headers: {
        accept: 'application/json',
        'user-agent': 'blueberry',
        ...target.headers,
        ...(body ? { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length } : {}),
      },
    });
    const end = (error: Error): void => {
      settled();
      reject(error);
      (answer ?? outgoing).destroy();
    };
    const timer = setTimeout(() => {
      const seconds = String(Math.round(request.timeoutMs / 100) / 10);
      end(new ConnectionFailure(`no answer within ${seconds} seconds`, { isTimeout: true, mayHaveArrived }));
    }, request.timeoutMs);
    const abort = (): void => end(request.signal?.reason as Error);
    const settled = (): void => {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', abort);
    };
    request.signal?.addEventListener('abort', abort, { once: true });

    outgoing.once('socket', (socket) => {
      // Before the TLS handshake is done, nothing of the request has left. Behind a proxy that is not to be seen.
      if (target.proxy !== undefined || secured.has(socket)) mayHaveArrived = true;
      else {
        socket.once('secureConnect', () => {
          secured.add(socket);
          mayHaveArrived = true;
        });
      }
    });
    outgoing.on('error', (error) => end(connectionFailure(error, mayHaveArrived)));
    outgoing.once('response', (incoming) => {
      answer = incoming;
      receive(incoming).then(
        (result) => {
          settled();
          resolve(result);
        },
        (error: unknown) => end(connectionFailure(error, true)),
      );
    });
    outgoing.end(body);
  });
}

/** A certificate or key that is none is thrown at once. */
function startRequest(options: RequestOptions): ClientRequest {
  try {
    return httpsRequest(options);
  } catch (error) {
    throw connectionFailure(error, false);
  }
}

async function readAnswer(incoming: IncomingMessage): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) throw new Error('the answer is larger than can be taken');
    chunks.push(chunk);
  }
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString('utf8') };
}

function connectionFailure(error: unknown, mayHaveArrived: boolean): ConnectionFailure {
  const message = error instanceof Error ? error.message : String(error);
  return new ConnectionFailure(message, { isTimeout: false, mayHaveArrived, cause: error });
}
