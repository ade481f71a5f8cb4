import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { COMMIT, startPreviewGateway, type PreviewGateway } from '../support/preview-gateway.ts';

let preview: PreviewGateway;
beforeAll(async () => {
  preview = await startPreviewGateway();
});
afterAll(() => preview.dispose());

/** An application that says back what it is told, and first the headers that it was asked with. */
async function serveEcho(name: string): Promise<WebSocketServer> {
  const { server } = await preview.serve(name, (_request, response) => response.end('page'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.send(JSON.stringify(request.headers));
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return sockets;
}

function dial(name: string, headers: Record<string, string> = {}): WebSocket {
  const host = `${name}.localhost:${String(preview.port)}`;
  return new WebSocket(`ws://127.0.0.1:${String(preview.port)}/socket?a=1`, { headers: { host, ...headers } });
}

async function next(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data.toString();
}

/** Speaks bytes with the server. */
async function rawSocket(
  name: string,
  lines: readonly string[],
  more = '',
): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect({ host: '127.0.0.1', port: preview.port });
  socket.on('error', () => undefined);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'connect');
  socket.write([`GET / HTTP/1.1`, `Host: ${name}.localhost`, ...lines, '', more].join('\r\n'), 'latin1');
  return { socket, text: () => text };
}

const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

it('talk both ways, and close with their code', async () => {
  await serveEcho('echo');
  const socket = dial('echo', { cookie: 'blueberry=canary; a=1', authorization: 'Bearer bb_canary_canary_canary' });
  const upgraded = once(socket, 'upgrade');
  const headers = JSON.parse(await next(socket)) as Record<string, string>;
  expect(headers).toMatchObject({ upgrade: 'websocket', cookie: 'a=1', 'x-forwarded-for': '127.0.0.1' });
  expect(JSON.stringify(headers)).not.toContain('canary');
  const [answer] = (await upgraded) as [{ headers: Record<string, string> }];
  expect(answer.headers['blueberry-revision']).toBe(COMMIT);
  socket.send('hello');
  expect(await next(socket)).toBe('hello');
  const large = Buffer.alloc(3 * 1024 * 1024, 'x');
  socket.send(large);
  expect((await next(socket)).length).toBe(large.length);
  socket.close(4321, 'done');
  expect((await once(socket, 'close'))[0]).toBe(4321);
});

it('pass on what is said right behind the handshake', async () => {
  await serveEcho('eager');
  // A masked text frame "hi", sent in one piece with the handshake.
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]).toString('latin1');
  const { socket, text } = await rawSocket('eager', HANDSHAKE, frame);
  await expect.poll(text).toMatch(/\x81\x02hi$/); // eslint-disable-line no-control-regex -- the frame that comes back
  expect(text()).toMatch(/^HTTP\/1\.1 101 /);
  socket.destroy();
});

it('end at the application when the visitor is gone, and the other way round', async () => {
  const sockets = await serveEcho('ends');
  const first = dial('ends');
  await next(first);
  const [atApplication] = sockets.clients;
  const closed = once(atApplication ?? first, 'close');
  first.terminate();
  await closed;

  const second = dial('ends');
  await next(second);
  const gone = once(second, 'close');
  for (const client of sockets.clients) client.terminate();
  expect((await gone)[0]).toBe(1006);
});

it('may go on in one direction when the other has ended', async () => {
  const { server } = await preview.serve('half-open', () => undefined);
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.once('end', () => setTimeout(() => socket.end('after the end'), 50)).resume();
  });
  const { socket, text } = await rawSocket('half-open', HANDSHAKE);
  await expect.poll(text).toContain('101');
  socket.end();
  await once(socket, 'close');
  expect(text()).toMatch(/after the end$/);
});

it('get the answer of an application that refuses', async () => {
  const { server } = await preview.serve('refusing', () => undefined);
  server.on('upgrade', (_request, socket) => {
    socket.end(
      'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
    );
  });
  const { text } = await rawSocket('refusing', HANDSHAKE);
  await expect.poll(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\nno\r\n0\r\n\r\n$/);
});

it.each([
  ['nothing-there', 404, 'There is no environment named nothing-there.'],
  ['still-pending', 503, 'Waiting to be started.'],
])('are told why there is nothing to talk to (%s)', async (name, status, detail) => {
  if (name === 'still-pending') await preview.create(name);
  const { socket, text } = await rawSocket(name, HANDSHAKE);
  await once(socket, 'close');
  expect(text()).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
  expect(text()).toContain(detail);
  expect(text()).toContain('application/problem+json');
});

it('are told when the application has just gone', async () => {
  const application = await preview.serve('vanished', () => undefined);
  await application.stop();
  const { socket, text } = await rawSocket('vanished', HANDSHAKE);
  await once(socket, 'close');
  expect(text()).toMatch(/^HTTP\/1\.1 502 /);
});

it('are the only thing to upgrade to: other offers are answered without', async () => {
  await preview.serve('h2c', (request, response) => response.end(`upgrade: ${String(request.headers.upgrade)}`));
  const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'];
  const plain = await rawSocket('h2c', offer);
  await expect.poll(plain.text).toMatch(/upgrade: undefined/);
  const withBody = await rawSocket('h2c', [...offer, 'Content-Length: 4'], 'body');
  await once(withBody.socket, 'close');
  expect(withBody.text()).toMatch(/^HTTP\/1\.1 400 /);
});

it('do not keep the gateway from closing', async () => {
  const closing = await startPreviewGateway();
  const { server } = await closing.serve('closing', () => undefined);
  new WebSocketServer({ server });
  const socket = new WebSocket(`ws://127.0.0.1:${String(closing.port)}`, { headers: { host: 'closing.localhost' } });
  await once(socket, 'open');
  const closed = once(socket, 'close');
  const startedAt = performance.now();
  await closing.gateway.close();
  await closed;
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  await closing.dispose();
});
