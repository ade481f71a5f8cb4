import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { latentStore } from '../support/latent-store.ts';
import { createTestApp, type Reply, type TestApp } from '../support/test-app.ts';

const COPIES = 32;

let app: TestApp;
let fixture: GitFixture;
beforeEach(async () => {
  app = await createTestApp({ decorateStore: latentStore, quotas: { perOwner: 1, total: 0 } });
  fixture = await createGitFixture({ 'index.html': 'hello' });
});
afterEach(async () => {
  await app.dispose();
  await fixture.dispose();
});

const send = (path: string, body: object): Promise<Reply> =>
  app.request('POST', path, { body, headers: { 'idempotency-key': 'the-same' } });

/** Sends all copies at once: one of them has the effect, all get its answer. */
async function sendCopies(path: string, body: object): Promise<void> {
  const replies = await Promise.all(Array.from({ length: COPIES }, () => send(path, body)));
  const outcomes = replies.map(
    ({ status, headers }) => `${String(status)} ${headers.get('idempotency-replayed') ?? 'done'}`,
  );
  expect(outcomes.sort()).toEqual([
    ...Array<string>(1).fill('201 done'),
    ...Array<string>(COPIES - 1).fill('201 true'),
  ]);
  expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
  expect((await app.request('GET', path)).body.items).toHaveLength(1);
}

it('makes one environment of many copies at once, though its name and the quota are taken then', async () => {
  await sendCopies('/api/environments', { repository_id: await app.repository(), name: 'once' });
});

it('connects one repository by many copies at once', async () => {
  await sendCopies('/api/repositories', { url: fixture.path });
});

it('needs the remote no more once a repository is connected', async () => {
  const first = await send('/api/repositories', { url: fixture.path });
  expect([first.status, first.body.default_branch]).toEqual([201, 'main']);
  await fixture.dispose();
  const again = await send('/api/repositories', { url: fixture.path });
  expect([again.status, again.text]).toEqual([201, first.text]);
});
