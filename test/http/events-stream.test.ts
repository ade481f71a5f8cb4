import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEvents, type EventClient } from '../support/event-client.ts';
import { eventually } from '../support/product.ts';
import { createTestApp, type TestApp } from '../support/test-app.ts';

const PATH = '/api/events/environments';

let app: TestApp;
let repositoryId: string;
let clients: EventClient[] = [];

beforeEach(async () => {
  app = await createTestApp({ stream: { heartbeatMs: 50, reauthorizeMs: 100, maxBufferedBytes: 1024 * 1024 } });
  repositoryId = await app.repository();
});
afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await app.dispose();
});

async function follow(query = '', headers: Record<string, string> = {}, token = app.administrator.token) {
  const client = await openEvents(`${app.url}${PATH}${query}`, { authorization: `Bearer ${token}`, ...headers });
  clients.push(client);
  return client;
}

async function create(name: string): Promise<string> {
  const reply = await app.request('POST', '/api/environments', { body: { repository_id: repositoryId, name } });
  expect(reply.status).toBe(201);
  return reply.body.id as string;
}

const told = (client: EventClient): string[] =>
  client.events.map(({ event, data }) => `${event} ${(JSON.parse(data) as { name?: string }).name ?? ''}`.trim());

async function toldWithin(client: EventClient, count: number): Promise<string[]> {
  await eventually(
    () => Promise.resolve(client.events.length >= count ? true : null),
    5_000,
    `${String(count)} events`,
  );
  return told(client);
}

describe('the stream of environments', () => {
  it('tells of what is created, changed and asked to go, each as the API shows it', async () => {
    const client = await follow();
    const id = await create('one');
    await app.request('PATCH', `/api/environments/${id}`, { body: { ttl_hours: 5 } });
    await app.request('DELETE', `/api/environments/${id}`);
    expect(await toldWithin(client, 3)).toEqual([
      'environment.created one',
      'environment.updated one',
      'environment.updated one',
    ]);
    const shown = await app.request('GET', `/api/environments/${id}`);
    expect(JSON.parse(client.events[2]?.data ?? '')).toEqual(shown.body);
  });

  it.each([
    ['Last-Event-ID', (id: string) => follow('', { 'last-event-id': id })],
    ['?after=', (id: string) => follow(`?after=${encodeURIComponent(id)}`)],
  ])('goes on where a client was, by %s, and across a restart', async (_how, again) => {
    const before = await follow();
    await create('seen');
    await toldWithin(before, 1);
    before.close();
    await create('missed');
    await app.close();
    app = await createTestApp({ folder: app.folder });
    await create('later');
    const after = await again(before.lastId());
    expect(await toldWithin(after, 2)).toEqual(['environment.created missed', 'environment.created later']);
  });

  it('says that it can not go on from a position that it never gave', async () => {
    const client = await follow('?after=0123456789abcdef-99');
    await create('other');
    expect((await toldWithin(client, 2))[0]).toBe('reset');
    expect(client.events[0]?.id).not.toBe('');
  });

  it('has a position before the first event, so that nothing is lost in between', async () => {
    const client = await follow();
    await eventually(() => Promise.resolve(client.lastId() === '' ? null : true), 5_000);
    client.close();
    await create('between');
    expect(await toldWithin(await follow('', { 'last-event-id': client.lastId() }), 1)).toEqual([
      'environment.created between',
    ]);
  });

  it('beats while nothing happens', async () => {
    const client = await follow();
    await eventually(() => Promise.resolve(client.comments.length >= 2 ? true : null), 5_000, 'two heartbeats');
    expect(client.comments[0]).toBe('heartbeat');
  });

  it('tells nobody what they may not see', async () => {
    const guest = await app.user('guest');
    const client = await follow('', {}, guest.token);
    const witness = await follow();
    await create('secret');
    await toldWithin(witness, 1);
    await eventually(() => Promise.resolve(client.comments.length >= 3 ? true : null), 5_000);
    expect(client.events).toEqual([]);
  });

  it('ends when the token is revoked', async () => {
    const member = await app.user('member');
    const client = await follow('', {}, member.token);
    expect(client.ended()).toBe(false);
    await app.request('PATCH', `/api/users/${member.id}`, { body: { disabled: true } });
    await eventually(() => Promise.resolve(client.ended() ? true : null), 5_000, 'the end of the stream');
  });

  it('drops a client that does not read, and goes on for the others', async () => {
    const witness = await follow();
    const lazy = connect(app.port, '127.0.0.1');
    lazy.on('error', () => undefined);
    lazy.pause();
    lazy.write(
      `GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${String(app.port)}\r\nAuthorization: Bearer ${app.administrator.token}\r\n\r\n`,
    );
    const id = await create('noisy');
    const noise = 'x'.repeat(100_000);
    await eventually(
      async () => {
        await app.request('PATCH', `/api/environments/${id}`, {
          body: { helm_values_override: { noise, at: Date.now() } },
        });
        const { text } = await app.request('GET', '/metrics');
        return /blueberry_event_streams_dropped_total 1\b/.test(text) ? true : null;
      },
      20_000,
      'the lazy client to be dropped',
    );
    lazy.destroy();
    const seen = witness.events.length;
    await create('after-all');
    await toldWithin(witness, seen + 1);
    await eventually(
      () => Promise.resolve(told(witness).includes('environment.created after-all') ? true : null),
      5_000,
    );
  });

  it('is refused without a token', async () => {
    expect((await openEvents(`${app.url}${PATH}`, {})).status).toBe(401);
  });
});
