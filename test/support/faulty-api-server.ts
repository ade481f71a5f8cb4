import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { makeCertificates } from '../../testbed/cluster/certificates.ts';
import { writeKubeconfig } from './kubeconfig.ts';

/** What is done to one request. */
export type Fault =
  /** Answered here, instead of by the API server. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | object }
  /** Never answered, and never passed on. */
  | 'hang'
  /** Done by the API server; its answer is swallowed. */
  | 'swallow-answer'
  /** Done by the API server; then the connection is reset in the place of an answer. */
  | 'reset-after'
  /** The connection is reset before anything is passed on. */
  | 'reset-before';

/** A request as it arrived: `GET /api/v1/pods?…`. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly at: number;
  readonly authorization: string | undefined;
}

/** Stands between a client and the real API server, knows what is said, and does harm to it. */
export interface FaultyApiServer {
  /** Of a user that may do everything; everyone who asks here is that user. */
  readonly kubeconfig: string;
  readonly server: string;
  /** PEM of the authority that signed its certificate. */
  readonly certificateAuthority: string;
  readonly requests: readonly SeenRequest[];
  /** Asked for every request; undefined lets it through. */
  faultFor: (request: SeenRequest) => Fault | undefined;
  /** Ends every answer that is under way. */
  breakStreams(): void;
  close(): Promise<void>;
}

export async function startFaultyApiServer(cluster: ClusterAccess): Promise<FaultyApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-faulty-api-'));
  const { authority, server: pair } = await makeCertificates(folder);
  const [cert, key, certificateAuthority] = await Promise.all([
    readFile(pair.certificate),
    readFile(pair.key),
    readFile(authority.certificate, 'utf8'),
  ]);
  const requests: SeenRequest[] = [];
  const answering = new Set<ServerResponse>();
  const upstream = new URL(cluster.server);

  const listener = createServer({ cert, key }, (request, response) => {
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, at: performance.now(), authorization: headers.authorization };
    requests.push(seen);
    answering.add(response);
    response.once('close', () => answering.delete(response));
    answer(request, response, state.faultFor(seen));
  });

  function answer(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
    if (fault === 'hang') return;
    if (fault === 'reset-before') {
      request.socket.destroy();
      return;
    }
    if (typeof fault === 'object') {
      const { body = '' } = fault;
      const type = typeof body === 'string' ? 'text/plain' : 'application/json';
      response.writeHead(fault.status, { 'content-type': type, ...fault.headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
      return;
    }
    const { authorization: _, host: __, ...headers } = request.headers;
    const outgoing = httpsRequest(
      {
        host: upstream.hostname,
        port: upstream.port,
        ca: cluster.certificateAuthority,
        cert: cluster.admin.certificate,
        key: cluster.admin.key,
        method: request.method,
        path: request.url,
        headers,
        agent: false,
      },
      (incoming) => {
        if (fault !== undefined) {
          incoming.resume().once('end', () => {
            if (fault === 'reset-after') request.socket.destroy();
          });
          return;
        }
        response.writeHead(incoming.statusCode ?? 502, incoming.headers);
        incoming.pipe(response);
        incoming.once('error', () => response.destroy());
        response.flushHeaders();
      },
    );
    outgoing.once('error', () => response.destroy());
    response.once('close', () => {
      if (fault === undefined) outgoing.destroy();
    });
    request.pipe(outgoing);
  }

  listener.on('upgrade', (request, socket: Socket, head) => {
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, at: performance.now(), authorization: headers.authorization };
    requests.push(seen);
    socket.on('error', () => undefined);
    pass(request, socket, head, state.faultFor(seen));
  });

  /** What becomes a stream both ways: port-forwards. */
  function pass(request: IncomingMessage, socket: Socket, head: Buffer, fault: Fault | undefined): void {
    if (fault === 'hang' || fault === 'swallow-answer') return;
    if (fault === 'reset-before' || fault === 'reset-after') return void socket.destroy();
    if (fault !== undefined)
      return void socket.end(`HTTP/1.1 ${String(fault.status)} Fault\r\ncontent-length: 0\r\n\r\n`);
    const { authorization: _, host: __, ...headers } = request.headers;
    const { certificate: cert, key } = cluster.admin;
    const { hostname: host, port } = upstream;
    const outgoing = httpsRequest({
      host,
      port,
      ca: cluster.certificateAuthority,
      cert,
      key,
      path: request.url,
      headers,
    });
    outgoing.once('upgrade', (answer, stream, rest) => {
      const fields = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields.join('')}\r\n`);
      socket.write(rest);
      stream.write(head);
      stream.on('error', () => undefined);
      stream.pipe(socket).once('close', () => stream.destroy());
      socket.pipe(stream).once('close', () => socket.destroy());
    });
    outgoing.once('response', (answer) => {
      socket.end(`HTTP/1.1 ${String(answer.statusCode)} Refused\r\ncontent-length: 0\r\n\r\n`);
    });
    outgoing.once('error', () => socket.destroy());
    outgoing.end();
  }

  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const state: FaultyApiServer = {
    kubeconfig: join(folder, 'kubeconfig'),
    server: `https://127.0.0.1:${String((listener.address() as AddressInfo).port)}`,
    certificateAuthority,
    requests,
    faultFor: () => undefined,
    breakStreams() {
      for (const response of answering) response.destroy();
    },
    async close() {
      listener.close();
      listener.closeAllConnections();
      await once(listener, 'close');
      await rm(folder, { recursive: true, force: true });
    },
  };
  await writeKubeconfig(state.kubeconfig, { server: state.server, certificateAuthority, user: { token: 'anyone' } });
  return state;
}
