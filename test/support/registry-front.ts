import { once } from 'node:events';
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Answers instead of the registry, or returns false to let a request through. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What stands in front of a registry in the world: sign-in, limits, faults. */
export interface RegistryFront {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly port: number;
  readonly url: string;
  intercept: Intercept;
  /** Headers of the registry's replies that are taken away. */
  readonly hidden: Set<string>;
  /** Method and path of every request, with how it signed in. */
  readonly requests: { readonly line: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

/** @param targetPort where requests go that are let through; null answers them 404 */
export async function startRegistryFront(
  targetPort: number | null,
  tls: Pick<ServerOptions, 'cert' | 'key'> | null = null,
): Promise<RegistryFront> {
  const listener: RequestListener = (request, response) => {
    const { authorization } = request.headers;
    front.requests.push({ line: `${request.method ?? ''} ${request.url ?? ''}`, authorization });
    if (front.intercept(request, response)) return;
    if (targetPort === null) response.writeHead(404).end();
    else pass(request, response, targetPort, front.hidden);
  };
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${String(port)}`;
  const front: RegistryFront = {
    host,
    port,
    url: `${tls ? 'https' : 'http'}://${host}`,
    intercept: () => false,
    hidden: new Set(),
    requests: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return front;
}

function pass(request: IncomingMessage, response: ServerResponse, port: number, hidden: ReadonlySet<string>): void {
  const { method, url, headers } = request;
  const outgoing = forward({ host: '127.0.0.1', port, method, path: url, headers }, (reply) => {
    const shown = Object.entries(reply.headers).filter(([name]) => !hidden.has(name));
    response.writeHead(reply.statusCode ?? 502, Object.fromEntries(shown));
    reply.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  request.pipe(outgoing);
}

export function basic(credential: string): string {
  return `Basic ${Buffer.from(credential).toString('base64')}`;
}

/** Lets in whoever has this credential. */
export function demandBasic(credential: string): Intercept {
  return (request, response) => {
    if (request.headers.authorization === basic(credential)) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="Registry"' }).end();
    return true;
  };
}

export interface TokenService {
  readonly realm: string;
  /** The token that is let in now. */
  token: string;
}

/** Lets in whoever has the token of the service. */
export function demandToken(service: TokenService, repository: string): Intercept {
  return (request, response) => {
    if (request.headers.authorization === `Bearer ${service.token}`) return false;
    const challenge = `Bearer realm="${service.realm}",service="registry.test",scope="repository:${repository}:pull,push"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  };
}

/** Hands out the token at `/token`, to everyone or to whoever has this credential. */
export function serveToken(service: TokenService, credential: string | null, more: object = {}): Intercept {
  return (request, response) => {
    if (!request.url?.startsWith('/token')) return false;
    if (credential !== null && request.headers.authorization !== basic(credential)) response.writeHead(401).end();
    else response.end(JSON.stringify({ token: service.token, ...more }));
    return true;
  };
}
