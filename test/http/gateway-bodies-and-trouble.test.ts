import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, openRequest, textOf } from '../support/http-exchange.ts';
import { startPreviewGateway, type PreviewGateway } from '../support/preview-gateway.ts';

const MEGABYTE = 1024 * 1024;

let preview: PreviewGateway;
beforeAll(async () => {
  preview = await startPreviewGateway();
});
afterAll(() => preview.dispose());

describe('large bodies', () => {
  const size = 50 * MEGABYTE;
  /** What the sockets of both hops may hold in the kernel and in this process. */
  const onItsWay = 24 * MEGABYTE;
  const chunk = Buffer.alloc(64 * 1024, 'x');

  it('go up at the pace of the application, and are not gathered on the way', async () => {
    let sent = 0;
    let received = 0;
    let furthest = 0;
    await preview.serve('upload', (request, response) => {
      void (async () => {
        await sleep(500);
        for await (const part of request) received += (part as Buffer).length;
        response.end(String(received));
      })();
    });
    const outgoing = openRequest(preview, 'upload', 'POST', { 'content-length': String(size) });
    while (sent < size) {
      sent += chunk.length;
      furthest = Math.max(furthest, sent - received);
      if (!outgoing.write(chunk)) await once(outgoing, 'drain');
    }
    outgoing.end();
    expect(await textOf(await answerOf(outgoing))).toBe(String(size));
    expect(furthest).toBeLessThan(onItsWay);
  });

  it('come down at the pace of the visitor, and are not gathered on the way', async () => {
    let sent = 0;
    let received = 0;
    let furthest = 0;
    await preview.serve('download', (_request, response) => {
      void (async () => {
        while (sent < size) {
          sent += chunk.length;
          furthest = Math.max(furthest, sent - received);
          if (!response.write(chunk)) await once(response, 'drain');
        }
        response.end();
      })();
    });
    const outgoing = openRequest(preview, 'download', 'GET');
    outgoing.end();
    const answer = await answerOf(outgoing);
    await sleep(500);
    for await (const part of answer) received += (part as Buffer).length;
    expect(received).toBe(size);
    expect(furthest).toBeLessThan(onItsWay);
  });
});

describe('trouble', () => {
  it('a visitor who leaves takes the request to the application along', async () => {
    let left: Promise<unknown> = Promise.resolve();
    const arrived = Promise.withResolvers<void>();
    await preview.serve('leave', (_request, response) => {
      left = once(response, 'close');
      response.write('first');
      arrived.resolve();
    });
    const outgoing = openRequest(preview, 'leave', 'GET');
    outgoing.on('error', () => undefined);
    outgoing.end();
    await arrived.promise;
    await answerOf(outgoing);
    outgoing.destroy();
    await left;
  });

  it('a visitor who leaves in the middle of an upload too', async () => {
    const aborted = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await preview.serve('leave-upload', (request) => {
      request.on('data', () => arrived.resolve());
      request.on('error', () => aborted.resolve());
    });
    const outgoing = openRequest(preview, 'leave-upload', 'POST', { 'content-length': '1000' });
    outgoing.on('error', () => undefined);
    outgoing.write('some');
    await arrived.promise;
    outgoing.destroy();
    await aborted.promise;
  });

  it('half an answer does not look like a whole one', async () => {
    await preview.serve('half', (_request, response) => {
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    const outgoing = openRequest(preview, 'half', 'GET');
    outgoing.end();
    await expect(textOf(await answerOf(outgoing))).rejects.toThrow(/aborted/);
  });

  it('an application that does not listen any more is said to, in words', async () => {
    const application = await preview.serve('deaf', (_request, response) => response.end());
    await application.stop();
    const reply = await preview.ask('deaf');
    expect(reply.status).toBe(502);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(reply.text)).toMatchObject({ detail: expect.stringContaining('deaf ended the connection') });
    expect(reply.text).not.toMatch(/ECONN|\.ts/);
  });

  it('a request that may not be made twice is not', async () => {
    let calls = 0;
    await preview.serve('once', (request) => {
      calls += 1;
      request.socket.destroy();
    });
    const reply = await preview.ask('once', { method: 'POST', body: 'order' });
    expect([reply.status, calls]).toEqual([502, 1]);
    const empty = await preview.ask('once', { method: 'POST' });
    expect([empty.status, calls]).toEqual([502, 2]);
  });

  it('one that may is, where the connection was lost', async () => {
    let calls = 0;
    await preview.serve('twice', (request, response) => {
      calls += 1;
      if (calls === 1) request.socket.destroy();
      else response.end('second time');
    });
    expect((await preview.ask('twice')).text).toBe('second time');
    expect(calls).toBe(2);
  });

  it('what is not HTTP is called so', async () => {
    const application = await preview.serve('noise', () => undefined);
    application.server.removeAllListeners('request');
    application.server.on('connection', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const reply = await preview.ask('noise');
    expect(reply.status).toBe(502);
    expect(reply.text).toContain('not valid HTTP');
  });

  it('an answer with two lengths is not believed', async () => {
    const application = await preview.serve('two-lengths', () => undefined);
    application.server.removeAllListeners('request');
    application.server.on('connection', (socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    });
    expect((await preview.ask('two-lengths')).status).toBe(502);
  });
});
