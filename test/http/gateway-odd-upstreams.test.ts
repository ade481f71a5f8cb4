import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, openRequest, textOf } from '../support/http-exchange.ts';
import { startPreviewGateway, type PreviewGateway } from '../support/preview-gateway.ts';

let preview: PreviewGateway;
const servers: Server[] = [];
beforeAll(async () => {
  preview = await startPreviewGateway();
  await preview.serve('sound', (_request, response) => response.end('sound'));
});
afterAll(async () => {
  await preview.dispose();
  for (const server of servers) server.close();
});

/** Answers with these bytes, and ends the connection behind them. */
async function serveBytes(name: string, bytesFor: (request: string) => string): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => socket.end(bytesFor(data.toString('latin1')), 'latin1'));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await preview.deploy(name, { port: (server.address() as AddressInfo).port });
}

/** Asks with these lines, and resolves with everything that comes back until the server closes. */
async function bytesOf(name: string, lines: readonly string[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: preview.port });
  socket.on('error', () => undefined);
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk) => (received += String(chunk)));
  const [first = '', ...others] = lines;
  socket.write([first, `Host: ${name}.localhost`, ...others, '', ''].join('\r\n'), 'latin1');
  // What never ends shall fail by name.
  const timer = setTimeout(() => socket.destroy(), 8_000);
  await once(socket, 'close');
  clearTimeout(timer);
  return received;
}

const PLAIN = ['GET / HTTP/1.1', 'Connection: close'];
const OLD = ['GET / HTTP/1.0'];
const HEAD = ['HEAD / HTTP/1.1', 'Connection: close'];
const HANDSHAKE = [
  'GET / HTTP/1.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];
const OK = 'Content-Length: 2\r\n\r\nok';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n';

describe('an application that answers oddly', () => {
  it.each<[string, string, readonly string[], RegExp]>([
    ['a status text that cannot be passed on', `HTTP/1.1 200 O\x01K\r\n${OK}`, PLAIN, /^HTTP\/1\.1 200 OK\r\n[^]*ok$/],
    ['the same to a WebSocket', `HTTP/1.1 403 N\x01o\r\n${OK}`, HANDSHAKE, /^HTTP\/1\.1 403 Forbidden\r\n[^]*ok$/],
    ['a status that is none', `HTTP/1.1 099 Low\r\n${OK}`, PLAIN, /^HTTP\/1\.1 502 Bad Gateway\r\n/],
    ['the same to a WebSocket', `HTTP/1.1 099 Low\r\n${OK}`, HANDSHAKE, /^HTTP\/1\.1 502 Bad Gateway\r\n/],
    [
      'another protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      PLAIN,
      /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*another protocol/,
    ],
    ['101 without another protocol', 'HTTP/1.1 101 Switching\r\n\r\n', PLAIN, /^HTTP\/1\.1 502 Bad Gateway\r\n/],
    ['the same to a WebSocket', 'HTTP/1.1 101 Switching\r\n\r\n', HANDSHAKE, /^HTTP\/1\.1 502 Bad Gateway\r\n/],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3), PLAIN, /^HTTP\/1\.1 502 /],
    [
      'early hints, to a visitor who does not know them',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n${OK}`,
      OLD,
      /^HTTP\/1\.1 200 OK\r\n/,
    ],
    [
      'trailers announced to HEAD',
      `HTTP/1.1 200 OK\r\nTrailer: x-sum\r\n${CHUNKED}\r\n`,
      HEAD,
      /^HTTP\/1\.1 200 OK\r\n/,
    ],
    [
      'trailers to HTTP/1.0',
      `HTTP/1.1 200 OK\r\nTrailer: x-sum\r\n${CHUNKED}X-Sum: 2\r\n\r\n`,
      OLD,
      /^HTTP\/1\.1 200 OK\r\n(?![^]*trailer)[^]*\r\n\r\nok$/i,
    ],
    ['trailers behind a length', `HTTP/1.1 200 OK\r\nTrailer: x-sum\r\n${OK}`, PLAIN, /^HTTP\/1\.1 200 OK\r\n[^]*ok$/],
    ['trailers of no content', `HTTP/1.1 204 Empty\r\nTrailer: x-sum\r\n\r\n`, PLAIN, /^HTTP\/1\.1 204 Empty\r\n/],
  ])('%s', async (what, bytes, lines, expected) => {
    const name = `odd-${String(servers.length)}`;
    await serveBytes(name, () => bytes);
    expect(await bytesOf(name, lines), what).toMatch(expected);
  });

  it.each([
    ['two, in two lines', ['</a.css>; rel=preload', '</b.js>; rel=preload']],
    ['two, in one line', ['</a.css>; rel=preload, </b.js>; rel=preload']],
    ['one with a comma in its URL', ['</a,b.css>; rel=preload']],
  ])('early hints: %s', async (_what, links) => {
    const name = `hints-${String(servers.length)}`;
    const lines = links.map((link) => `Link: ${link}\r\n`).join('');
    await serveBytes(name, () => `HTTP/1.1 103 Early Hints\r\n${lines}\r\nHTTP/1.1 200 OK\r\n${OK}`);
    const outgoing = openRequest(preview, name, 'GET');
    const hints: unknown[] = [];
    outgoing.on('information', ({ headers }) => hints.push(headers['link']));
    outgoing.end();
    expect(await textOf(await answerOf(outgoing))).toBe('ok');
    expect(hints).toEqual([links.join(', ')]);
  });

  it.each(['</a.css>; title="a; b"', 'a.css', '</a', ', ,'])(
    'early hints that cannot be passed on are left out: %s',
    async (link) => {
      const name = `no-hints-${String(servers.length)}`;
      await serveBytes(name, () => `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n\r\nHTTP/1.1 200 OK\r\n${OK}`);
      expect(await bytesOf(name, PLAIN)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    },
  );
});

/** Parts of answers. Each first line comes with each header, and the bodies take turns. */
const FIRST_LINES = [
  ...[
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 204 No',
    'HTTP/1.1 304 Same',
    'HTTP/1.1 999 High',
  ],
  ...['HTTP/1.1 000 Zero', 'HTTP/1.1 099 Low', 'HTTP/1.1 101 Switch', 'HTTP/1.1 102 On', 'HTTP/1.1 103 Hints'],
  ...['HTTP/1.1 199 Odd', 'HTTP/1.1 205 Reset', 'HTTP/1.1 1000 Long', 'HTTP/1.1 -1 Minus', 'HTTP/9.9 200 OK'],
  ...['HTTP/1.1 200 \x00', 'HTTP/1.1 200 \x7f', 'HTTP/1.1 200 \x1b[31m', 'HTTP/1.1 407 \xff', 'ICY 200 OK', ''],
];
const HEADERS = [
  ...['X: 1', 'X: a\x01b', 'X\x01: a', ': empty', 'X:', ' folded', 'Link: </a>, </b>', 'Link: a, <', 'Date: never'],
  ...['Content-Length: 0', 'Content-Length: 9999', 'Content-Length: -1', 'Transfer-Encoding: gzip', 'Trailer: a'],
  ...['Connection: close', 'Connection: upgrade\r\nUpgrade: websocket', 'Set-Cookie: a\xff=\x80; Domain=\xff'],
  ...['Trailer: x\r\nTransfer-Encoding: chunked', 'Content-Type: \x80', `X-Long: ${'x'.repeat(20_000)}`],
];
const BODIES = [
  ...['', 'body', '2\r\nok\r\n0\r\nX: a\x01b\r\n\r\n', '2\r\nok\r\n0\r\nContent-Length: 1\r\n\r\n'],
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
];
const ANSWERS = FIRST_LINES.flatMap((first) => HEADERS.map((header) => `${first}\r\n${header}\r\n\r\n`)).map(
  (head, index) => head + (BODIES[index % BODIES.length] ?? ''),
);
const AT_ONCE = 40;

it.each([
  ['a plain request', PLAIN],
  ['a request of HTTP/1.0', OLD],
  ['HEAD', HEAD],
  ['an upload', ['POST / HTTP/1.1', 'Connection: close', 'Content-Length: 2', '', 'ok']],
  ['a WebSocket', HANDSHAKE],
])('no answer harms more than the exchange that it belongs to: %s', async (what, [first = '', ...lines]) => {
  const name = `all-${String(servers.length)}`;
  await serveBytes(name, (request) => ANSWERS[Number(/^\w+ \/(\d+)/.exec(request)?.[1])] ?? '');
  const silent: string[] = [];
  const numbers = ANSWERS.keys();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const number of numbers) {
        const reply = await bytesOf(name, [first.replace('/', `/${String(number)}`), ...lines]);
        const told = /^HTTP\/1\.1 [1-9]\d\d /.test(reply);
        if (!told) silent.push(`${JSON.stringify(ANSWERS[number]?.slice(0, 200))} gave ${JSON.stringify(reply)}`);
      }
    }),
  );
  expect(silent, what).toEqual([]);
  expect((await preview.ask('sound')).text).toBe('sound');
});
