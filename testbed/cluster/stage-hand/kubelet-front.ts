import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Pair } from '../certificates.ts';
import type { Act } from './act.ts';

export interface KubeletFront {
  /** Ends the streams of those who follow the log of this container, after what is still on its way. */
  containerEnded(pod: string, container: string): void;
}

/** KWOK reads log files when they change, and hands on what it has read. */
const LAST_LINES_MS = 150;

/**
 * What the API server takes for the kubelet of every node. All is handed on to KWOK, which serves logs and ports just as
 * kubelets do, except that it never learns of the end of a container. `findAct` finds a Pod by `NAMESPACE/NAME`.
 */
export function startKubeletFront(
  { port, kwokPort, certificate }: { port: number; kwokPort: number; certificate: Pair },
  findAct: (pod: string) => Act | undefined,
): KubeletFront {
  const followers = new Map<string, Set<ServerResponse>>();
  const tls = { cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) };
  const server = createServer(tls, (request, response) => void handOn(request, response));

  async function handOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://kubelet.invalid');
    const [, kind, namespace, pod, container = ''] = url.pathname.split('/');
    if (url.pathname === '/healthz') return void response.end('ok');
    if (kind === 'containerLogs') {
      const name = `${namespace}/${pod}`;
      const act = findAct(name);
      await act?.reachable;
      if (act?.isRunning(container) !== true) url.searchParams.delete('follow');
      else if (url.searchParams.get('follow') === 'true') follow(`${name}/${container}`, response);
    }
    const { method, headers } = request;
    const path = url.pathname + url.search;
    const asked = httpRequest({ host: '127.0.0.1', port: kwokPort, method, headers, path }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.once('error', () => response.end());
    });
    asked.once('error', (error) => {
      if (!response.headersSent) response.writeHead(502);
      response.end(error.message);
    });
    response.once('close', () => asked.destroy());
    request.pipe(asked);
  }

  function follow(log: string, response: ServerResponse): void {
    const all = followers.get(log) ?? new Set();
    followers.set(log, all.add(response));
    response.once('close', () => {
      all.delete(response);
      if (all.size === 0 && followers.get(log) === all) followers.delete(log);
    });
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const [, , namespace, pod] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
    void (findAct(`${namespace}/${pod}`)?.reachable ?? Promise.resolve()).then(() => {
      const kwok = connect(kwokPort, '127.0.0.1', () => {
        const lines = [`${request.method} ${request.url} HTTP/1.1`];
        const { rawHeaders } = request;
        for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
        kwok.write(`${lines.join('\r\n')}\r\n\r\n`);
        kwok.write(head);
        socket.pipe(kwok).pipe(socket);
      });
      kwok.on('error', () => socket.destroy());
      kwok.once('close', () => socket.destroy());
      socket.once('close', () => kwok.destroy());
    });
  });
  server.listen(port, '127.0.0.1');

  return {
    containerEnded(pod, container) {
      const log = `${pod}/${container}`;
      const responses = followers.get(log);
      followers.delete(log);
      setTimeout(() => {
        for (const response of responses ?? []) response.end();
      }, LAST_LINES_MS);
    },
  };
}
