import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markedForDeletion } from '../../src/core/environment-intent.ts';
import { createPreviewHostMatch } from '../../src/gateway/preview-host.ts';
import { put } from '../../src/services/unit-of-work.ts';
import {
  BROWSER,
  ask,
  ready,
  startApplication,
  startPreviewGateway,
  withCondition,
  type Application,
  type PreviewGateway,
} from '../support/preview-gateway.ts';

let preview: PreviewGateway;
let application: Application;
beforeAll(async () => {
  preview = await startPreviewGateway();
  application = await startApplication((_request, response) => response.end('the application'));
});
afterAll(async () => {
  await preview.dispose();
  await application.stop();
});

async function fail(name: string, message: string): Promise<string> {
  const { metadata } = await preview.create(name);
  await preview.change(metadata.id, (environment) => ({
    ...environment,
    status: {
      ...environment.status,
      conditions: withCondition([], 'Healthy', 'Crashed', message, environment.spec.revision),
    },
  }));
  return metadata.id;
}

async function remove(name: string, archived: boolean): Promise<void> {
  const { metadata } = await preview.create(name);
  const now = new Date().toISOString();
  await preview.change(metadata.id, (environment) => {
    const marked = markedForDeletion(environment, now);
    return archived ? { ...marked, status: { ...marked.status, archivedAt: now } } : marked;
  });
  await preview.store.commit([{ op: 'delete', kind: 'name_reservation', id: name }], []);
}

describe('hosts', () => {
  it.each<[string | undefined, string, string | null]>([
    ['pr-42.localhost', 'localhost', 'pr-42'],
    ['pr-42.localhost:8000', 'localhost', 'pr-42'],
    ['PR-42.LocalHost:8000', 'localhost', 'pr-42'],
    ['pr-42.localhost.', 'localhost', 'pr-42'],
    ['pr-42.localhost.:8000', 'localhost', 'pr-42'],
    ['pr-42--api.localhost', 'localhost', 'pr-42--api'],
    ['pr-42.preview.example.com', 'preview.example.com', 'pr-42'],
    ['pr-42.preview.example.com:443', 'Preview.Example.com', 'pr-42'],
    ['localhost', 'localhost', null],
    ['localhost:8000', 'localhost', null],
    ['127.0.0.1:8000', 'localhost', null],
    ['[::1]:8000', 'localhost', null],
    ['.localhost', 'localhost', null],
    ['a.b.localhost', 'localhost', null],
    ['-a.localhost', 'localhost', null],
    ['a-.localhost', 'localhost', null],
    ['a_b.localhost', 'localhost', null],
    [`${'a'.repeat(63)}.localhost`, 'localhost', 'a'.repeat(63)],
    [`${'a'.repeat(64)}.localhost`, 'localhost', null],
    ['pr-42.localhost.evil.test', 'localhost', null],
    ['pr-42.evillocalhost', 'localhost', null],
    ['pr-42.localhost:8000:9', 'localhost', null],
    ['pr-42.localhost:port', 'localhost', null],
    ['user@pr-42.localhost', 'localhost', null],
    ['pr-42.localhost/x', 'localhost', null],
    ['', 'localhost', null],
    [undefined, 'localhost', null],
  ])('%s below %s leads to %s', (host, domain, name) => {
    expect(createPreviewHostMatch(domain)(host)).toBe(name);
  });

  it('of the console stay the console’s', async () => {
    expect((await ask(preview.port, 'localhost')).text).toBe('console');
  });

  it('lead to an environment whatever the case', async () => {
    await preview.deploy('case', application);
    expect((await ask(preview.port, 'CASE.localhost.:8000')).text).toBe('the application');
  });
});

describe('what is said in place of an application', () => {
  it('of a name that nothing has', async () => {
    const program = await preview.ask('nothing');
    expect(program.status).toBe(404);
    expect(program.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(program.text)).toMatchObject({
      type: 'http://localhost:8000/docs/problems#not_found',
      status: 404,
      detail: 'There is no environment named nothing. It may have been deleted, or its time to live may be over.',
      instance: '/',
    });
    const person = await preview.ask('nothing', { headers: BROWSER });
    expect(person.status).toBe(404);
    expect(person.text).toContain('There is no environment named nothing.');
    expect(person.text).not.toContain('<script');
  });

  it('of the service of an environment', async () => {
    await preview.deploy('whole', application);
    const reply = await preview.ask('whole--api');
    expect(reply.status).toBe(404);
    expect(reply.text).toContain('two hyphens');
  });

  it('of one that is pending, with when to come back', async () => {
    await preview.create('pending');
    const program = await preview.ask('pending', { path: '/some/where?secret=1' });
    expect(program.status).toBe(503);
    expect(program.headers['retry-after']).toBe('2');
    expect(JSON.parse(program.text)).toMatchObject({
      detail: 'Waiting to be started.',
      instance: '/some/where',
    });
    const person = await preview.ask('pending', { headers: BROWSER });
    expect(person.status).toBe(503);
    expect(person.headers['cache-control']).toBe('no-store');
    expect(person.text).toContain('role="status">Waiting to be started.');
    expect(person.text).toContain('http-equiv="refresh"');
  });

  it('to a script of a page is a problem, whatever it accepts', async () => {
    await preview.create('script');
    const headers = { accept: 'text/html', 'sec-fetch-mode': 'cors' };
    expect((await preview.ask('script', { headers })).headers['content-type']).toBe('application/problem+json');
  });

  it('to someone who sent a form is a page that does not load itself again', async () => {
    await preview.create('form');
    const reply = await preview.ask('form', { method: 'POST', headers: BROWSER, body: 'a=1' });
    expect(reply.status).toBe(503);
    expect(reply.text).toContain('role="status"');
    expect(reply.text).not.toContain('<script');
    expect(reply.headers.connection).toBe('close');
  });

  it('of one that failed, with a link to the console', async () => {
    const id = await fail('failed', 'It crashed 5 times. Read the log.');
    const program = await preview.ask('failed');
    expect(program.status).toBe(502);
    expect(JSON.parse(program.text)).toMatchObject({ detail: 'It crashed 5 times. Read the log.' });
    const person = await preview.ask('failed', { headers: BROWSER });
    expect(person.status).toBe(502);
    expect(person.text).toContain('It crashed 5 times. Read the log.');
    expect(person.text).toContain(`href="http://localhost:8000/environments/${id}"`);
  });

  it('of one whose newest revision failed, although the one before still runs', async () => {
    const { metadata } = await preview.deploy('worse', application);
    await preview.change(metadata.id, (environment) => ({
      ...environment,
      spec: { ...environment.spec, revision: 2 },
      status: { ...environment.status, conditions: withCondition([], 'Deployed', 'BuildFailed', 'No build.', 2) },
    }));
    expect((await preview.ask('worse')).text).toContain('No build.');
  });

  it('of one that is being removed, and of one that is gone', async () => {
    await remove('leaving', false);
    expect(await preview.ask('leaving')).toMatchObject({ status: 404 });
    expect((await preview.ask('leaving', { headers: BROWSER })).text).toContain('is being removed');
    await remove('left', true);
    expect((await preview.ask('left', { headers: BROWSER })).text).toMatch(
      /was removed at \d{4}-\d\d-\d\d \d\d:\d\d UTC\./,
    );
  });

  it('of a successor is its own state, never what its predecessor still serves', async () => {
    const { metadata } = await preview.deploy('again', application);
    await preview.change(metadata.id, (environment) => markedForDeletion(environment, new Date().toISOString()));
    await preview.store.commit([{ op: 'delete', kind: 'name_reservation', id: 'again' }], []);
    const successor = await preview.create('again');
    expect((await preview.ask('again')).status).toBe(503);
    await preview.change(successor.metadata.id, (environment) => ready(environment, 1));
    // Ready by the record, and nothing runs under its id: what runs under the predecessor's is not for it.
    const reply = await preview.ask('again');
    expect(reply.status).toBe(502);
    expect(reply.text).toContain('again does not accept connections at the moment.');
  });
});

describe('pages', () => {
  it('show whatever a message holds as text', async () => {
    await fail('hostile', '<img/src=x onerror=alert(1)>"\'</script><b>\u001b[31mred\u202e');
    const { text, headers } = await preview.ask('hostile', { headers: BROWSER });
    expect(text).not.toContain('<img');
    expect(text).not.toContain('<b>');
    expect(text).toContain('&lt;img/src=x onerror=alert(1)&gt;');
    expect(text).toContain('[31mred');
    expect(text).not.toMatch(/[\u001b\u202e]/); // eslint-disable-line no-control-regex -- these are what is looked for
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('run and style by a nonce of their own, and load nothing', async () => {
    await preview.create('strict');
    const [one, other] = await Promise.all([
      preview.ask('strict', { headers: BROWSER }),
      preview.ask('strict', { headers: BROWSER }),
    ]);
    const policy = String(one.headers['content-security-policy']);
    const nonce = /script-src 'nonce-([\w-]{20,})'/.exec(policy)?.[1] ?? 'none';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(other.headers['content-security-policy']).not.toContain(nonce);
    expect(one.text.match(/<(?:script|style)[^>]*>/g)).toEqual([
      `<style nonce="${nonce}">`,
      `<script nonce="${nonce}">`,
    ]);
    expect(one.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\/(?!localhost:8000)/);
    expect(one.text).toMatch(/^<!doctype html><html lang="en">/);
  });

  it('have no body for HEAD', async () => {
    await preview.create('head');
    const reply = await preview.ask('head', { method: 'HEAD', headers: BROWSER });
    expect([reply.status, reply.text]).toEqual([503, '']);
    expect(Number(reply.headers['content-length'])).toBeGreaterThan(1000);
  });
});

describe('the status that live pages follow', () => {
  const path = '/.well-known/blueberry/status';

  it('tells what the environment is doing', async () => {
    const { metadata } = await preview.create('followed');
    const before = await preview.ask('followed', { path });
    expect(before.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(before.text)).toEqual({
      name: 'followed',
      status: 'pending',
      message: 'Waiting to be started.',
      asleep: false,
      ready: false,
    });
    await preview.change(metadata.id, (environment) => ready(environment, 1));
    expect(JSON.parse((await preview.ask('followed', { path: `${path}?x=1` })).text)).toMatchObject({
      status: 'ready',
      ready: true,
    });
  });

  it('does not wake what is asleep', async () => {
    const { metadata } = await preview.deploy('resting', application);
    await preview.change(metadata.id, ({ spec, ...rest }) => ({ ...rest, spec: { ...spec, asleep: true } }));
    expect(JSON.parse((await preview.ask('resting', { path })).text)).toMatchObject({ asleep: true, ready: false });
    expect((await preview.read(metadata.id)).spec.asleep).toBe(true);
  });

  it('is a problem where there is nothing', async () => {
    expect((await preview.ask('nobody', { path, headers: { accept: 'application/json' } })).status).toBe(404);
  });
});

it('says so when the store does not answer', async () => {
  const lost = await startPreviewGateway();
  await lost.store.commit([put('name_reservation', 'lost', { environmentId: 'env_lost' })], []);
  await lost.store.close();
  const reply = await lost.ask('lost');
  expect(reply.status).toBe(503);
  expect(reply.headers['content-type']).toBe('application/problem+json');
  expect(reply.text).not.toMatch(/\bat .*\.ts|Error:/);
  await lost.dispose().catch(() => undefined);
});
