import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, echo, openRequest, textOf } from '../support/http-exchange.ts';
import { COMMIT, ask, startPreviewGateway, type PreviewGateway } from '../support/preview-gateway.ts';

const BOOTSTRAP_TOKEN = 'a-bootstrap-token-without-a-prefix';

let preview: PreviewGateway;
beforeAll(async () => {
  preview = await startPreviewGateway({ bootstrapToken: BOOTSTRAP_TOKEN });
});
afterAll(() => preview.dispose());

describe('requests', () => {
  it('arrive as they were sent', async () => {
    await preview.serve('echo', echo);
    const reply = await preview.ask('echo', {
      method: 'PUT',
      path: '/a%20b/../c?d=%2F&e',
      headers: { 'X-Case': ['one', 'two'], Accept: 'x/y' },
      body: 'the body',
    });
    const seen = JSON.parse(reply.text) as Record<string, never>;
    expect(seen).toMatchObject({ method: 'PUT', url: '/a%20b/../c?d=%2F&e', body: 'the body' });
    expect(seen['headers']).toMatchObject({
      host: `echo.localhost:${String(preview.port)}`,
      'x-case': 'one, two',
      'content-length': '8',
      // Asked to close, a server would do so before it has read what it refuses, and its answer would be lost.
      connection: 'keep-alive',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `echo.localhost:${String(preview.port)}`,
      'x-forwarded-proto': 'http',
    });
    expect(seen['rawHeaders']).toContain('X-Case');
    expect(reply.headers['blueberry-revision']).toBe(COMMIT);
    expect(reply.headers['blueberry-environment']).toBe('echo');
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    '%s without a body',
    async (method) => {
      await preview.serve(`method-${method.toLowerCase()}`, (request, response) => {
        response.setHeader('x-method', request.method ?? '');
        response.setHeader(
          'x-framing',
          `${request.headers['content-length'] ?? '-'} ${request.headers['transfer-encoding'] ?? '-'}`,
        );
        request.resume().on('end', () => response.end('body'));
      });
      const reply = await preview.ask(`method-${method.toLowerCase()}`, { method });
      expect([reply.status, reply.headers['x-method']]).toEqual([200, method]);
      expect(reply.headers['x-framing']).toBe(['POST', 'PUT', 'PATCH', 'PROPFIND'].includes(method) ? '0 -' : '- -');
      expect(reply.text).toBe(method === 'HEAD' ? '' : 'body');
    },
  );

  it('lose what belongs to the connection, and claims to come from a proxy', async () => {
    await preview.serve('hops', echo);
    const reply = await preview.ask('hops', {
      headers: {
        connection: 'close, x-private',
        'x-private': 'a',
        'keep-alive': 'timeout=9',
        te: 'trailers',
        'proxy-authorization': 'Basic a',
        'proxy-connection': 'keep-alive',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'evil.test',
        'x-forwarded-port': '1',
        'x-real-ip': '6.6.6.6',
        forwarded: 'for=6.6.6.6',
        'x-kept': 'kept',
      },
    });
    const { headers } = JSON.parse(reply.text) as { headers: Record<string, string> };
    expect(Object.keys(headers).toSorted()).toEqual([
      'connection',
      'host',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-kept',
    ]);
    expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|evil/);
  });

  it('never carry what signs in to the console', async () => {
    await preview.serve('canary', echo);
    const sent: Record<string, string>[] = [
      { cookie: 'a=1; blueberry=canary; __Host-blueberry=canary;b=2' },
      { cookie: 'blueberry=canary' },
      { cookie: ' __Host-blueberry = canary' },
      { authorization: 'Bearer bb_canary_canary_canary_canary' },
      { authorization: 'bearer   bb_canary_canary_canary_canary' },
      { authorization: `Bearer ${BOOTSTRAP_TOKEN}` },
    ];
    const seen: string[] = [];
    for (const headers of sent) seen.push((await preview.ask('canary', { headers })).text);
    expect(seen.join('')).not.toMatch(/canary_|=canary|= canary|bootstrap/);
    expect(JSON.parse(seen[0] ?? '')).toMatchObject({ headers: { cookie: 'a=1;b=2' } });
  });

  it('keep what signs in to the application', async () => {
    await preview.serve('own-sign-in', echo);
    for (const authorization of ['Bearer eyJhbGciOiJub25lIn0', 'Basic YTpi', 'Bearer xbb_1']) {
      const headers = { authorization, cookie: 'blueberry2=1; Blueberry=2; session=blueberry=3' };
      const reply = await preview.ask('own-sign-in', { headers });
      expect(JSON.parse(reply.text)).toMatchObject({ headers });
    }
  });

  it('take their address from trusted proxies alone', async () => {
    const behind = await startPreviewGateway({ trustedProxyHops: 1 });
    await behind.serve('behind', echo);
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.7', 'x-forwarded-proto': 'https' };
    const seen = JSON.parse((await behind.ask('behind', { headers })).text) as { headers: Record<string, string> };
    expect(seen.headers).toMatchObject({ 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' });
    await behind.dispose();
  });

  it('carry chunked bodies with their trailers', async () => {
    await preview.serve('chunks', echo);
    const outgoing = openRequest(preview, 'chunks', 'POST', { 'transfer-encoding': 'chunked', trailer: 'x-sum' });
    outgoing.write('one ');
    await sleep(20);
    outgoing.write('two');
    outgoing.addTrailers({ 'x-sum': '7', cookie: 'blueberry=canary' });
    outgoing.end();
    const seen = JSON.parse(await textOf(await answerOf(outgoing))) as Record<string, unknown>;
    expect(seen).toMatchObject({ body: 'one two', trailers: { 'x-sum': '7' } });
    expect(JSON.stringify(seen)).not.toContain('canary');
  });

  it('that wait for 100 Continue get it, and only where there is somebody to send to', async () => {
    await preview.serve('expect', echo);
    const outgoing = openRequest(preview, 'expect', 'POST', { expect: '100-continue', 'content-length': '5' });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.end('hello');
    const seen = JSON.parse(await textOf(await answerOf(outgoing))) as { body: string; headers: object };
    expect(seen.body).toBe('hello');
    expect(seen.headers).not.toHaveProperty('expect');

    await preview.create('expect-nothing');
    const refused = openRequest(preview, 'expect-nothing', 'POST', { expect: '100-continue', 'content-length': '5' });
    refused.flushHeaders();
    let continued = false;
    refused.on('continue', () => (continued = true));
    expect((await answerOf(refused)).statusCode).toBe(503);
    expect(continued).toBe(false);
    refused.destroy();
  });

  it('may be answered before they are whole', async () => {
    await preview.serve('early', (_request, response) => {
      response.writeHead(413).end('too large');
    });
    const size = 20 * 1024 * 1024;
    const outgoing = openRequest(preview, 'early', 'POST', { 'content-length': String(size) });
    outgoing.on('error', () => undefined);
    outgoing.end(Buffer.alloc(size));
    const answer = await answerOf(outgoing);
    expect([answer.statusCode, await textOf(answer)]).toEqual([413, 'too large']);
    outgoing.destroy();
  });
});

it('the console is not touched by any of this', async () => {
  expect((await ask(preview.port, `localhost:${String(preview.port)}`, { method: 'POST', body: 'x' })).text).toBe(
    'console',
  );
});
