import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/core/environment.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { startGitHttpsServer, type GitHttpsServer } from '../support/git-https-server.ts';
import { eventually } from '../support/product.ts';

describe('a repository in trouble, whose answers take longer than a reconcile waits', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;
  let server: GitHttpsServer;
  let id: string;

  beforeEach(async () => {
    fixture = await createGitFixture({ 'index.html': 'hello' });
    server = await startGitHttpsServer(fixture.path);
    plane = await createControlPlane({
      patience: (clock) => ({ ...clock, sleep: () => Promise.resolve() }),
      gitEnvironment: { GIT_SSL_CAINFO: server.certificateFile },
    });
    const input = { url: `${server.url}/.git`, path: '', default_branch: 'main' };
    const repository = await plane.repositories.createRepository(ADMINISTRATOR, input);
    const wanted = { name: 'troubled', repository_id: repository.id, branch: 'main', ttl_hours: 72 };
    ({ id } = await plane.environments.createEnvironment(ADMINISTRATOR, wanted, { kind: 'manual', fork: false }));
  });
  afterEach(async () => {
    await plane.dispose();
    await server.close();
    await fixture.dispose();
  });

  /** Looks at it. While a fetch goes on nothing is planned but the end of the time to live; a trouble is tried again. */
  async function isFetching(): Promise<boolean> {
    const next = await plane.reconcile(id);
    return next !== null && next.afterMs > 60_000;
  }

  /** One try: begins to fetch, and looks again when the remote has answered. Gives what was said in between. */
  async function tryOnce(): Promise<{ meanwhile: Environment; after: Environment }> {
    expect(await isFetching(), 'begins').toBe(true);
    const meanwhile = await plane.read(id);
    await eventually(async () => ((await isFetching()) ? null : true));
    return { meanwhile, after: await plane.read(id) };
  }

  async function historyOf(): Promise<string[]> {
    const { items } = await plane.environments.listEvents(ADMINISTRATOR, id, { limit: 100 });
    return items.map(({ record }) => record.reason).reverse();
  }

  it('is called unreachable after a while, and that stands until it answers', async () => {
    server.mood = 'fail';
    const first = await tryOnce();
    expect(first.meanwhile.status.message).toContain('Fetching the newest commit of main');
    expect(first.after.status).toMatchObject({
      phase: 'pending',
      message: expect.stringContaining('Trying again') as string,
    });
    await plane.clock.advance(16_000);
    const second = await tryOnce();
    expect(second.meanwhile.status.message).toContain('Trying again');
    expect(second.after.status).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining("can't be reached") as string,
    });
    const { version } = (await plane.store.get(EVERYTHING, 'environment', id)) ?? {};
    for (let times = 0; times < 3; times += 1) {
      await plane.clock.advance(30_000);
      const again = await tryOnce();
      expect(again.meanwhile.status.phase).toBe('failed');
    }
    expect((await plane.store.get(EVERYTHING, 'environment', id))?.version, 'no news, no write').toBe(version);
    expect(await historyOf()).toEqual(['Created', 'FetchingSource', 'RetryingRepository', 'RepositoryUnreachable']);
    server.mood = 'serve';
    await eventually(async () => {
      await plane.reconcile(id);
      return (await plane.read(id)).status.phase === 'ready' ? true : null;
    });
  });

  it('says that it has moved, and what to do about it', async () => {
    server.mood = 'redirect';
    server.redirectTo = 'https://elsewhere.example.invalid/new.git';
    const { after } = await tryOnce();
    expect(after.status).toMatchObject({
      phase: 'failed',
      message: expect.stringMatching(/ has moved: .* Give the repository its new URL, on GitLab with \.git/) as string,
    });
  });

  it('says once that the sign-in was refused', async () => {
    server.credential = 'robot:secret';
    for (let times = 0; times < 3; times += 1) {
      expect((await tryOnce()).after.status.phase).toBe('failed');
      await plane.clock.advance(30_000);
    }
    expect(await historyOf()).toEqual(['Created', 'FetchingSource', 'AuthenticationRefused']);
  });
});
