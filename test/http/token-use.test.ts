import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import { SCOPES } from '../../src/core/permissions.ts';
import { eventually } from '../support/product.ts';
import { steppedClock, type SteppedClock } from '../support/stepped-clock.ts';
import { createTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let clock: SteppedClock;
let diskIsFull: boolean;
beforeEach(async () => {
  clock = steppedClock();
  diskIsFull = false;
  app = await createTestApp({
    clock,
    decorateStore: (store) => ({
      ...store,
      commit: (...args) =>
        diskIsFull
          ? Promise.reject(new Failure('unavailable', 'The disk is full.', { code: 'storage_full' }))
          : store.commit(...args),
    }),
  });
});
afterEach(() => app.dispose());

const MINUTE_MS = 60_000;

async function makeToken(): Promise<{ token: string; path: string; etag: string }> {
  const made = await app.request('POST', '/api/tokens', { body: { name: 'ci', scopes: SCOPES } });
  expect([made.status, made.body.last_used_at]).toEqual([201, null]);
  return {
    token: made.body.secret as string,
    path: `/api/tokens/${made.body.id as string}`,
    etag: made.headers.get('etag') ?? '',
  };
}

async function lastUse(path: string, wanted: string): Promise<void> {
  await eventually(async () => (await app.request('GET', path)).body.last_used_at === wanted || null, 5_000, wanted);
}

it('is told to about a minute, by the token and by the list', async () => {
  const { token, path } = await makeToken();
  const first = clock.timestamp();
  await app.request('GET', '/api/environments', { token });
  await lastUse(path, first);
  await clock.advance(MINUTE_MS - 1);
  await app.request('GET', '/api/environments', { token });
  await clock.advance(1);
  expect((await app.request('GET', path)).body.last_used_at).toBe(first);
  const second = clock.timestamp();
  await app.request('GET', '/api/environments', { token });
  await lastUse(path, second);
  const { items } = (await app.request('GET', '/api/tokens')).body as { items: { name: string }[] };
  expect(items.find(({ name }) => name === 'ci')).toMatchObject({ last_used_at: second });
});

it('does not change the token, so that it can be revoked by itself as it was read', async () => {
  const { token, path, etag } = await makeToken();
  await app.request('GET', '/api/environments', { token });
  await lastUse(path, clock.timestamp());
  await clock.advance(2 * MINUTE_MS);
  const revoked = await app.request('DELETE', path, { token, headers: { 'if-match': etag } });
  expect(revoked.status).toBe(204);
  expect((await app.request('GET', '/api/environments', { token })).status).toBe(401);
});

it('is not what a request fails for when it can not be noted', async () => {
  const { token, path } = await makeToken();
  diskIsFull = true;
  expect((await app.request('GET', '/api/environments', { token })).status).toBe(200);
  const warnings = () => app.log.filter(({ message }) => message.includes('use of an API token'));
  await eventually(async () => (warnings().length > 0 ? true : null), 5_000, 'the warning');
  await app.request('GET', '/api/environments', { token });
  expect(warnings().map(({ level }) => level)).toEqual(['warn']);
  expect(JSON.stringify(app.log)).not.toContain(token);
  diskIsFull = false;
  expect((await app.request('GET', path)).body.last_used_at).toBeNull();
  await clock.advance(MINUTE_MS);
  await app.request('GET', '/api/environments', { token });
  await lastUse(path, clock.timestamp());
});
