import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, openRequest, textOf } from '../support/http-exchange.ts';
import { COMMIT, startPreviewGateway, type PreviewGateway } from '../support/preview-gateway.ts';

let preview: PreviewGateway;
beforeAll(async () => {
  preview = await startPreviewGateway();
});
afterAll(() => preview.dispose());

describe('answers', () => {
  it('come back as they were given', async () => {
    await preview.serve('answers', (_request, response) => {
      response.writeHead(418, 'Short and stout', [
        ...['Content-Type', 'text/plain', 'X-Twice', '1', 'X-Twice', '2', 'Connection', 'close, x-hop', 'X-Hop', '1'],
        ...['Keep-Alive', 'timeout=5', 'Blueberry-Revision', 'forged', 'Content-Encoding', 'identity'],
      ]);
      response.end('tea');
    });
    const reply = await preview.ask('answers');
    expect([reply.status, reply.text]).toEqual([418, 'tea']);
    expect(reply.rawHeaders.filter((name) => name === 'X-Twice')).toHaveLength(2);
    expect(reply.headers).not.toHaveProperty('x-hop');
    expect(reply.headers['blueberry-revision']).toBe(COMMIT);
    expect(reply.headers['content-encoding']).toBe('identity');
  });

  it('set cookies for their own host alone', async () => {
    const cookies = [
      'plain=1; Path=/; HttpOnly',
      'parent=1; Domain=localhost; Path=/',
      'dotted=1; domain=.localhost',
      'spaced=1;  DOMAIN = LOCALHOST ;Secure',
      'other=1; Domain=other.localhost',
      'empty=1; Domain=',
      'own=1; Domain=cookies.localhost; Secure',
      'own-dotted=1; Domain=.Cookies.Localhost',
      'value=a=b; Max-Age=1',
      '__Host-blueberry=forged; Domain=localhost; Path=/',
    ];
    await preview.serve('cookies', (_request, response) => response.setHeader('set-cookie', cookies).end());
    expect((await preview.ask('cookies')).headers['set-cookie']).toEqual([
      'plain=1; Path=/; HttpOnly',
      'parent=1; Path=/',
      'dotted=1',
      'spaced=1;Secure',
      'other=1',
      'empty=1',
      'own=1; Domain=cookies.localhost; Secure',
      'own-dotted=1; Domain=.Cookies.Localhost',
      'value=a=b; Max-Age=1',
      '__Host-blueberry=forged; Path=/',
    ]);
  });

  it('bring their trailers and early hints', async () => {
    await preview.serve('extras', (_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      response.writeHead(200, { trailer: 'x-sum', 'transfer-encoding': 'chunked' });
      response.write('body');
      response.addTrailers({ 'x-sum': '4', 'set-cookie': 'no=1' });
      response.end();
    });
    const outgoing = openRequest(preview, 'extras', 'GET');
    const hints: unknown[] = [];
    outgoing.on('information', ({ statusCode, headers }) => hints.push([statusCode, headers['link']]));
    outgoing.end();
    const answer = await answerOf(outgoing);
    expect(await textOf(answer)).toBe('body');
    expect(hints).toEqual([[103, '</style.css>; rel=preload; as=style']]);
    expect(answer.trailers).toEqual({ 'x-sum': '4' });
  });

  it.each(['GET', 'POST'])('keep every byte of their headers, and so do the requests (%s)', async (method) => {
    // What a server of any language makes of "é" in UTF-8, and how Node.js shows its bytes.
    const name = Buffer.from('é').toString('latin1');
    const application = `bytes-${method.toLowerCase()}`;
    await preview.serve(application, (request, response) => {
      response.setHeader('content-disposition', `attachment; filename=${String(request.headers['x-name'])}`);
      request.resume().on('end', () => response.end('ok'));
    });
    const outgoing = openRequest(preview, application, method, { 'x-name': name });
    outgoing.end(method === 'POST' ? Buffer.from('some') : undefined);
    const answer = await answerOf(outgoing);
    expect([answer.headers['content-disposition'], await textOf(answer)]).toEqual([
      `attachment; filename=${name}`,
      'ok',
    ]);
  });

  it.each([204, 304])('may have no body (%i)', async (status) => {
    await preview.serve(`empty-${String(status)}`, (_request, response) =>
      response.writeHead(status, { etag: '"1"' }).end(),
    );
    const reply = await preview.ask(`empty-${String(status)}`);
    expect([reply.status, reply.text, reply.headers['transfer-encoding']]).toEqual([status, '', undefined]);
  });

  it('stream: each event arrives when it is sent, and the head before the first', async () => {
    let send: (text: string) => void = () => undefined;
    await preview.serve('events', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      send = (text) => response.write(text);
    });
    const outgoing = openRequest(preview, 'events', 'GET');
    outgoing.end();
    const answer = await answerOf(outgoing);
    const delays: number[] = [];
    for (let number = 0; number < 5; number += 1) {
      const sentAt = performance.now();
      send(`data: ${String(number)}\n\n`);
      const [chunk] = (await once(answer, 'data')) as [Buffer];
      delays.push(performance.now() - sentAt);
      expect(String(chunk)).toBe(`data: ${String(number)}\n\n`);
    }
    expect(Math.min(...delays)).toBeLessThan(100);
    outgoing.destroy();
  });

  it('wait for slow applications, also over a connection that was used before', async () => {
    const application = await preview.serve('slow', (request, response) => {
      setTimeout(() => response.end('at last'), request.url === '/slow' ? 4_500 : 0);
    });
    await preview.ask('slow');
    expect((await preview.ask('slow', { path: '/slow' })).text).toBe('at last');
    expect(application.connections.size).toBe(1);
  });
});
