import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

/** Whose place the application takes. */
export interface Identity {
  image: string;
  digest: string;
  namespace: string;
  pod: string;
  container: string;
  env: Readonly<Record<string, string>>;
  /** Another one each time that the container is started. */
  instance: string;
}

/** What an application does once it serves. */
export interface Program {
  /** Called each time that the container is started. */
  started?(): void;
  answer(identity: Identity, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Called after each request, also before it serves, with what was asked for and the status of the answer. */
  answered?(request: string): void;
}

export interface StubApplication {
  readonly port: number;
  /** From now on requests are answered by the program, until then with `statusBefore`. */
  serveAs(identity: Identity): void;
  /** Takes no more connections, closes WebSockets, lets requests that run come to their end for `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** Of RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001;

/** A server in the place of a container. It gives every WebSocket message back; the rest is the program's. */
export async function startStubApplication(program: Program, statusBefore: number): Promise<StubApplication> {
  const sockets = new Set<Socket>();
  let serving: Identity | undefined;
  const server = createServer((request, response) => {
    response.once('finish', () => program.answered?.(`${request.method} ${request.url} ${response.statusCode}`));
    if (serving !== undefined) void program.answer(serving, request, response);
    else sendText(response, statusBefore, 'Not serving\n');
  });
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    socket.on('error', () => undefined);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    serveAs(identity) {
      serving = identity;
      program.started?.();
    },
    async close(graceMs) {
      const closed = once(server, 'close');
      server.close();
      for (const socket of webSockets.clients) socket.close(GOING_AWAY);
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

/**
 * A small application that says whose place it takes: HTML on every path, JSON at `/__stub`, a slow stream at
 * `/__stub/slow`, and what it was sent at `/__stub/echo`. Each request is a line of `log`.
 */
export const stubProgram = (log: (line: string) => void): Program => ({ answer, answered: log });

async function answer(identity: Identity, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub.invalid');
  if (pathname === '/__stub') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...identity, method, url: request.url, headers }));
  } else if (pathname === '/__stub/slow') {
    const chunks = Number(searchParams.get('chunks') ?? 5);
    const intervalMs = Number(searchParams.get('interval_ms') ?? 200);
    response.setHeader('content-type', 'text/plain');
    for (let chunk = 1; chunk <= chunks && !response.destroyed; chunk += 1) {
      response.write(`chunk ${chunk} of ${chunks}\n`);
      await sleep(intervalMs);
    }
    response.end();
  } else if (pathname === '/__stub/echo') {
    response.setHeader('content-type', headers['content-type'] ?? 'application/octet-stream');
    request.pipe(response);
  } else {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page(identity));
  }
}

function page({ image, digest, namespace, pod }: Identity): string {
  const rows = Object.entries({ image, digest, namespace, pod })
    .map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`)
    .join('');
  return `<!doctype html><html lang="en"><title>${image}</title><body><h1>Stub</h1><dl>${rows}</dl></body></html>\n`;
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(text);
}
