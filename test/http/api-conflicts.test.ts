import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/core/permissions.ts';
import { exchange } from '../support/http-exchange.ts';
import { createTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let repositoryId: string;

beforeAll(async () => {
  app = await createTestApp();
  repositoryId = await app.repository();
});
afterAll(() => app.dispose());

async function create(name: string): Promise<{ path: string; etag: string }> {
  const reply = await app.request('POST', '/api/environments', { body: { repository_id: repositoryId, name } });
  expect(reply.status).toBe(201);
  return { path: `/api/environments/${reply.body.id as string}`, etag: reply.headers.get('etag') ?? '' };
}

describe('a change of what has changed meanwhile', () => {
  it('is refused by its stale If-Match, and succeeds with the current one', async () => {
    const { path, etag } = await create('stale');
    const first = await app.request('PATCH', path, { body: { ttl_hours: 5 }, headers: { 'if-match': etag } });
    expect(first.status).toBe(200);
    const second = await app.request('PATCH', path, { body: { ttl_hours: 6 }, headers: { 'if-match': etag } });
    expect([second.status, second.body.type]).toEqual([412, '/docs/problems#stale_etag']);
    expect((await app.request('GET', path)).body.ttl_hours).toBe(5);
    const current = { 'if-match': first.headers.get('etag') ?? '' };
    expect((await app.request('PATCH', path, { body: { ttl_hours: 6 }, headers: current })).status).toBe(200);
  });

  it.each(['zzz', 'W/', '"a" b'])('is refused when If-Match is %j', async (etag) => {
    const { path } = await create(`malformed-${String(etag.length)}`);
    const reply = await app.request('PATCH', path, { body: { ttl_hours: 6 }, headers: { 'if-match': etag } });
    expect(reply.status).toBe(400);
  });

  it('is refused when it changes nothing', async () => {
    const { path } = await create('nothing');
    expect((await app.request('PATCH', path, { body: {} })).status).toBe(422);
  });
});

describe('an Idempotency-Key', () => {
  it('gives the first reply again, and is refused with another body', async () => {
    const headers = { 'idempotency-key': 'the-key' };
    const body = { repository_id: repositoryId, name: 'once' };
    const first = await app.request('POST', '/api/environments', { body, headers });
    const again = await app.request('POST', '/api/environments', { body, headers });
    expect([again.status, again.body, again.headers.get('location')]).toEqual([
      201,
      first.body,
      first.headers.get('location'),
    ]);
    const other = await app.request('POST', '/api/environments', { body: { ...body, name: 'twice' }, headers });
    expect(other.status).toBe(422);
    expect(other.body.errors[0]).toMatchObject({ loc: ['header', 'Idempotency-Key'], type: 'idempotency_key_reused' });
    expect((await create('twice')).path, 'the refused one has left nothing').toMatch(/env_/);
  });

  it('is each user’s own', async () => {
    const member = await app.user('member');
    const headers = { 'idempotency-key': 'shared-key' };
    const send = (name: string, token: string) =>
      app.request('POST', '/api/environments', { body: { repository_id: repositoryId, name }, headers, token });
    expect((await send('hers', member.token)).status).toBe(201);
    expect((await send('his', app.administrator.token)).status).toBe(201);
  });
});

describe('a token', () => {
  it.each([
    ['unknown', () => Promise.resolve('bb_unknown_unknown_unknown')],
    ['too short', () => Promise.resolve('bb_x')],
    ['expired', () => app.token(app.administrator, SCOPES, { expiresAt: '2000-01-01T00:00:00.000Z' })],
    ['revoked', () => app.token(app.administrator, SCOPES, { revokedAt: '2000-01-01T00:00:00.000Z' })],
  ])('that is %s is refused', async (_what, make) => {
    const token = await make();
    const reply = await app.request('GET', '/api/environments', { token });
    expect([reply.status, reply.body.type]).toEqual([401, '/docs/problems#unauthenticated']);
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(JSON.stringify(app.log)).not.toContain(token);
  });
});

describe('a path', () => {
  it.each([
    '/api/environments/..%2f..%2fetc%2fpasswd',
    '/api/environments/%00',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/manifest.json',
    '/docs/assets/..%2findex.html',
    '/../package.json',
    '/.git/config',
  ])('%s leads to nothing', async (path) => {
    const reply = await exchange(app.port, {
      path,
      headers: { host: `127.0.0.1:${String(app.port)}`, authorization: `Bearer ${app.administrator.token}` },
    });
    expect(reply.status).toBe(404);
  });

  it('that is not encoded properly is refused', async () => {
    expect((await app.request('GET', '/api/environments/%zz')).status).toBe(400);
  });

  it('does not take another method, and says which it takes', async () => {
    const reply = await app.request('PUT', '/api/environments', { body: {} });
    expect([reply.status, reply.headers.get('allow')?.split(', ').sort()]).toEqual([405, ['GET', 'HEAD', 'POST']]);
  });

  it.each(['evil.example', 'localhost.evil.example'])('of the host %j is not ours', async (host) => {
    const reply = await exchange(app.port, { path: '/api/environments', headers: { host } });
    expect([400, 421]).toContain(reply.status);
    expect(reply.body).not.toContain('items');
  });
});

describe('deleting', () => {
  it('while pending, and twice at once, ends it once', async () => {
    const { path } = await create('doomed');
    const replies = await Promise.all([app.request('DELETE', path), app.request('DELETE', path)]);
    expect(replies.map(({ status }) => status)).toEqual([202, 202]);
    expect(replies[0].body.generation).toBe(replies[1].body.generation);
    const events = await app.request('GET', `${path}/events`);
    const reasons = (events.body.items as { reason: string }[]).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'DeletionRequested')).toHaveLength(1);
    for (const action of ['redeploy', 'sleep', 'wake']) {
      expect((await app.request('POST', `${path}/${action}`)).status, action).toBe(409);
    }
    expect((await app.request('PATCH', path, { body: { ttl_hours: 5 } })).status).toBe(409);
  });

  it('leaves the name for the next one', async () => {
    const { path } = await create('reused');
    await app.request('DELETE', path);
    await create('reused');
  });
});
