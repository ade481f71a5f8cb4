import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServerFactory } from '../../src/composition/server.ts';
import { textOf } from '../support/http-exchange.ts';
import { startPreviewGateway, type PreviewGateway } from '../support/preview-gateway.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { createTestApp, type TestApp } from '../support/test-app.ts';

const HEADERS_MS = 400;
const MINUTE = 60_000;

const clock = steppedClock();
let preview: PreviewGateway;
let shared: TestApp;
beforeAll(async () => {
  preview = await startPreviewGateway();
  const serverFactory = createServerFactory(preview.gateway, { headersMs: HEADERS_MS, checkEveryMs: 50 });
  shared = await createTestApp({ clock, serverFactory });
});
afterAll(async () => {
  await shared.dispose();
  await preview.dispose();
});

/** A connection to the server that both share, and everything that came back over it. */
async function dial(): Promise<{
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  readonly text: () => string;
}> {
  const socket = connect({ host: '127.0.0.1', port: shared.port });
  socket.on('error', () => undefined);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'connect');
  return { socket, closed: once(socket, 'close'), text: () => text };
}

it.each(['upload.localhost', 'localhost'])('whoever does not finish the headers is cut off (%s)', async (host) => {
  const { socket, closed, text } = await dial();
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n`);
  await closed;
  expect(text()).toMatch(/^HTTP\/1\.1 408 /);
});

it('uploads to a preview take as long as they take', async () => {
  await preview.serve('upload', (request, response) => void textOf(request).then((body) => response.end(body)));
  const { socket, closed, text } = await dial();
  socket.write('POST / HTTP/1.1\r\nHost: upload.localhost\r\nConnection: close\r\nContent-Length: 8\r\n\r\n');
  for (let part = 0; part < 4; part += 1) {
    await sleep(HEADERS_MS / 2);
    await clock.advance(MINUTE);
    socket.write('xy');
  }
  await closed;
  expect(text()).toMatch(/^HTTP\/1\.1 200 [^]*xyxyxyxy/);
  // Nobody waits here for the minutes that Node.js would give them.
  const { requestTimeout, headersTimeout } = shared.app.server;
  expect({ requestTimeout, headersTimeout }).toEqual({ requestTimeout: 0, headersTimeout: HEADERS_MS });
});

it('by itself the server gives a minute for the headers', async () => {
  const test = await createTestApp({ serverFactory: createServerFactory(preview.gateway) });
  const { requestTimeout, headersTimeout } = test.app.server;
  await test.dispose();
  expect({ requestTimeout, headersTimeout }).toEqual({ requestTimeout: 0, headersTimeout: MINUTE });
});

it('bodies for the console are waited for one minute', async () => {
  const { socket, closed, text } = await dial();
  const head = ['Host: localhost', `Authorization: Bearer ${shared.administrator.token}`, 'Content-Length: 100'];
  socket.write(['POST /api/environments HTTP/1.1', 'Content-Type: application/json', ...head, '', '{'].join('\r\n'));
  await sleep(100);
  await clock.advance(MINUTE - 1_000);
  socket.write('"na');
  await sleep(100);
  expect(text()).toBe('');
  await clock.advance(1_000);
  await closed;
  expect(text()).toMatch(/^HTTP\/1\.1 408 [^]*problems#request_timeout/);
});

it('so are those that were answered before they were whole', async () => {
  const { socket, closed, text } = await dial();
  socket.write('POST /api/environments HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
  await expect.poll(text).toMatch(/^HTTP\/1\.1 401 /);
  await clock.advance(MINUTE);
  await closed;
});

it('a body that arrives in time costs nothing later', async () => {
  const { socket, closed, text } = await dial();
  const body = '{}';
  socket.write(`POST /api/environments HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n${body}`);
  await expect.poll(text).toMatch(/^HTTP\/1\.1 401 [^]*}$/);
  await clock.advance(2 * MINUTE);
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await closed;
  expect(text()).toMatch(/HTTP\/1\.1 200 /);
});
