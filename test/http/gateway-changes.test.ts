import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf } from '../support/http-exchange.ts';
import {
  ready,
  startApplication,
  startPreviewGateway,
  type Application,
  type PreviewGateway,
} from '../support/preview-gateway.ts';

let preview: PreviewGateway;
beforeAll(async () => {
  preview = await startPreviewGateway();
});
afterAll(() => preview.dispose());

/** An application that says which one it is, and how long the body was. */
function startVersion(name: string): Promise<Application> {
  return startApplication((request, response) => {
    void textOf(request).then(async (body) => {
      await sleep(Math.random() * 5);
      response.end(`${name} ${String(body.length)}`);
    });
  });
}

/** Ends as a runtime ends what was replaced: after a moment for what is on its way to it, then asked, then killed. */
async function end(application: Application): Promise<void> {
  await sleep(150);
  application.server.close();
  application.server.closeIdleConnections();
  await sleep(150);
  await application.stop().catch(() => undefined);
}

function askWith(agent: Agent, name: string, method: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${name}.localhost`, 'content-length': String(body.length) };
    const outgoing = httpRequest({ host: '127.0.0.1', port: preview.port, method, agent, headers }, (answer) => {
      textOf(answer).then((text) => resolve(`${String(answer.statusCode)} ${text}`), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('an update', () => {
  it('fails no request, and no request that follows it meets the old process', async () => {
    const versions = await Promise.all(['A', 'B', 'C', 'D'].map(startVersion));
    const agent = new Agent({ keepAlive: true });
    const seen: { readonly startedAt: number; readonly reply: string }[] = [];
    const swappedAt: number[] = [];
    await preview.deploy('busy', versions[0] as Application);
    let running = true;
    const load = Array.from({ length: 8 }, async (_, worker) => {
      const [method, body, reply] = worker % 2 === 0 ? ['GET', '', / 0$/] : ['POST', 'x'.repeat(5_000), / 5000$/];
      while (running) {
        const startedAt = performance.now();
        const text = await askWith(agent, 'busy', method, body).catch(String);
        seen.push({ startedAt, reply: reply.test(text) ? text : `wrong: ${text}` });
      }
    });
    for (const [index, version] of versions.entries()) {
      if (index === 0) continue;
      await sleep(300);
      await preview.deploy('busy', version);
      swappedAt.push(performance.now());
      await end(versions[index - 1] as Application);
    }
    await sleep(300);
    running = false;
    await Promise.all(load);
    agent.destroy();
    await end(versions[3] as Application);

    expect(seen.filter(({ reply }) => !/^200 [A-D] /.test(reply))).toEqual([]);
    expect(seen.length).toBeGreaterThan(200);
    for (const [index, at] of swappedAt.entries()) {
      const old = new RegExp(`^200 [${'ABCD'.slice(0, index + 1)}]`);
      expect(seen.filter(({ startedAt, reply }) => startedAt > at && old.test(reply))).toEqual([]);
    }
  });

  it('is noticed by the runtime’s hint before the record says so', async () => {
    const [one, other] = await Promise.all([startVersion('one'), startVersion('other')]);
    const { metadata } = await preview.deploy('hinted', one);
    expect((await preview.ask('hinted')).text).toBe('one 0');
    preview.serving.set(metadata.id, { port: other.port, revision: 2 });
    preview.hint(metadata.id);
    expect((await preview.ask('hinted')).text).toBe('other 0');
    await Promise.all([end(one), end(other)]);
  });

  it('is noticed by the record, though the old process goes on', async () => {
    const [one, other] = await Promise.all([startVersion('one'), startVersion('other')]);
    await preview.deploy('recorded', one);
    expect((await preview.ask('recorded')).text).toBe('one 0');
    await preview.deploy('recorded', other);
    expect((await preview.ask('recorded')).text).toBe('other 0');
    await Promise.all([end(one), end(other)]);
  });

  it('names the commit only as long as it is known', async () => {
    const version = await startVersion('one');
    const { metadata } = await preview.deploy('unnamed', version);
    preview.serving.set(metadata.id, { port: version.port, revision: 7 });
    expect((await preview.ask('unnamed')).headers).not.toHaveProperty('blueberry-revision');
    await end(version);
  });

  it('lets what is on its way finish with the process that has it', async () => {
    const old = await startApplication((_request, response) => {
      response.write('old ');
      setTimeout(() => response.end('to the end'), 300);
    });
    const next = await startVersion('next');
    await preview.deploy('finishing', old);
    const slow = preview.ask('finishing');
    await sleep(100);
    await preview.deploy('finishing', next);
    expect((await preview.ask('finishing')).text).toBe('next 0');
    expect((await slow).text).toBe('old to the end');
    await Promise.all([end(old), end(next)]);
  });
});

it('a restart costs a visitor nothing but a moment', async () => {
  const before = await startVersion('before');
  const { metadata } = await preview.deploy('restarting', before);
  await preview.ask('restarting');
  await before.stop();
  preview.serving.delete(metadata.id);
  const after = await startVersion('after');
  setTimeout(() => preview.serving.set(metadata.id, { port: after.port, revision: 1 }), 150);
  const bodies = ['', 'body'].map((body) => preview.ask('restarting', { method: body ? 'POST' : 'GET', body }));
  expect((await Promise.all(bodies)).map(({ text }) => text)).toEqual(['after 0', 'after 4']);
  await end(after);
});

it('a restart that takes longer is told as what it is', async () => {
  const version = await startVersion('one');
  const { metadata } = await preview.deploy('crashing', version);
  await version.stop();
  setTimeout(() => {
    void preview.change(metadata.id, (environment) => ({
      ...environment,
      status: { ...environment.status, serving: null, conditions: [] },
    }));
  }, 50);
  const reply = await preview.ask('crashing');
  expect(reply.status).toBe(503);
  await preview.change(metadata.id, (environment) => ready(environment, 1));
});
