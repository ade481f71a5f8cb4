import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { echo, textOf } from '../support/http-exchange.ts';
import { startPreviewGateway, type PreviewGateway } from '../support/preview-gateway.ts';

let preview: PreviewGateway;
const arrived: string[] = [];
beforeAll(async () => {
  preview = await startPreviewGateway();
  await preview.serve('victim', (request, response) => {
    void textOf(request).then((body) => {
      arrived.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.host ?? ''} ${body}`);
      response.end('ok');
    });
  });
});
afterAll(() => preview.dispose());
beforeEach(() => {
  arrived.length = 0;
});

/** Sends bytes, and resolves with everything that comes back until the server closes. */
async function send(text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: preview.port });
  socket.on('error', () => undefined);
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk) => (received += String(chunk)));
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return received;
}

const HOST = 'Host: victim.localhost\r\n';
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;

describe('requests that two servers could understand in two ways', () => {
  it.each<[string, string]>([
    ['both lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`],
    [
      'both lengths, the other way round',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SMUGGLED}`,
    ],
    ['two different lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${SMUGGLED}`],
    ['a length with a sign', `POST / HTTP/1.1\r\n${HOST}Content-Length: +5\r\n\r\nhello`],
    ['a length in a list', `POST / HTTP/1.1\r\n${HOST}Content-Length: 5, 5\r\n\r\nhello`],
    ['an obscured coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['a coding before chunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a coding behind chunked', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    [
      'chunked twice',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a space before the colon', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
    ['lines that end in LF alone', `GET / HTTP/1.1\n${HOST.replace('\r', '')}X: 1\n\n`],
    [
      'a chunk size that is none',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
    ],
    ['a null in a header', `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
    ['two hosts', `GET / HTTP/1.1\r\n${HOST}Host: other.localhost\r\nConnection: close\r\n\r\n`],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['another host in the URL', `GET http://other.localhost/ HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`],
    ['something else for a URL', `GET other HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`],
  ])('%s', async (_what, text) => {
    const reply = await send(text);
    expect(reply).toMatch(/^HTTP\/1\.1 (?:400|501) /);
    expect(reply.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(arrived.join('')).not.toContain('smuggled');
    expect(arrived).toEqual([]);
  });
});

describe('a Connection header that names what is not only for the connection', () => {
  const LENGTH = `Content-Length: ${String(SMUGGLED.length)}\r\n\r\n${SMUGGLED}`;
  const CHUNKS = `Transfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;
  it.each([
    ['GET', 'content-length', LENGTH],
    ['POST', 'Content-Length', LENGTH],
    ['DELETE', 'content-length, transfer-encoding', LENGTH],
    ['GET', 'transfer-encoding', CHUNKS],
    ['POST', 'Transfer-Encoding', CHUNKS],
  ])('leaves the body where it belongs: %s, %s', async (method, named, rest) => {
    await send(`${method} / HTTP/1.1\r\n${HOST}Connection: close, ${named}\r\n${rest}`);
    expect(arrived).toEqual([`${method} / victim.localhost ${SMUGGLED}`]);
  });

  it('keeps who is asked, by whom, and from where', async () => {
    await preview.serve('naming', echo);
    const named = ['host', 'cookie', 'authorization', 'x-forwarded-for', 'X-Forwarded-Host', 'x-forwarded-proto'];
    const signedIn = 'Cookie: a=1\r\nAuthorization: Basic YTpi\r\n';
    const reply = await send(
      `GET / HTTP/1.1\r\nHost: naming.localhost\r\n${signedIn}Connection: close, ${named.join(', ')}\r\n\r\n`,
    );
    for (const name of named) expect(reply.toLowerCase()).toContain(`"${name.toLowerCase()}":`);
  });
});

describe('requests that look odd and are clear', () => {
  it('the whole URL of the same host', async () => {
    await send(`GET http://Victim.localhost/a?b HTTP/1.1\r\nHost: victim.localhost\r\nConnection: close\r\n\r\n`);
    await send(`GET http://victim.localhost?b HTTP/1.1\r\nHost: victim.localhost\r\nConnection: close\r\n\r\n`);
    expect(arrived).toEqual(['GET /a?b victim.localhost ', 'GET /?b victim.localhost ']);
  });

  it('OPTIONS of everything', async () => {
    await send(`OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(arrived).toEqual(['OPTIONS * victim.localhost ']);
  });

  it('one behind the other in one piece', async () => {
    const first = `POST /first HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\none`;
    const reply = await send(`${first}GET /second HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(arrived.toSorted()).toEqual(['GET /second victim.localhost ', 'POST /first victim.localhost one']);
    expect(reply.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  it.each([
    ['GET', ''],
    ['POST', 'Content-Length: 3\r\n\r\none'],
  ])('trailers that are announced, and have no place (%s)', async (method, rest) => {
    await send(`${method} / HTTP/1.1\r\n${HOST}Trailer: x-sum\r\nConnection: close\r\n${rest || '\r\n'}`);
    expect(arrived).toEqual([`${method} / victim.localhost ${rest.slice(-3)}`]);
  });

  it('HTTP/1.0, which knows no chunks', async () => {
    const reply = await send(`GET / HTTP/1.0\r\n${HOST}\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    expect(reply).not.toMatch(/transfer-encoding/i);
    expect(reply).toMatch(/\r\n\r\nok$/);
  });
});

it('CONNECT makes no tunnel', async () => {
  expect(await send(`CONNECT 127.0.0.1:22 HTTP/1.1\r\n${HOST}\r\n`)).not.toMatch(/ 200 /);
});
