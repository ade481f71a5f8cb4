import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RepositoryAccess } from '../../src/ports/git-repositories.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';

describe('an environment that runs', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;
  let repositoryId: string;

  beforeEach(async () => {
    plane = await createControlPlane();
    fixture = await createGitFixture({ 'index.html': 'hello' });
    repositoryId = (await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' })).id;
  });
  afterEach(async () => {
    await plane.dispose();
    await fixture.dispose();
  });

  async function create(name: string): Promise<string> {
    const input = { name, repository_id: repositoryId, branch: 'main', ttl_hours: 72 };
    return (await plane.environments.createEnvironment(ADMINISTRATOR, input, { kind: 'manual', fork: false })).id;
  }

  async function accessTo(id: string): Promise<RepositoryAccess> {
    const repository = await plane.repositories.getRepository(ADMINISTRATOR, id);
    return { id, url: repository.record.url, credential: null };
  }

  it('fetches a commit again when what was fetched has been removed', async () => {
    const id = await create('restored');
    await plane.settle(id);
    await plane.removeFetched();
    const commit = (await plane.read(id)).spec.components[0].commit;
    const successor = await plane.takeOver();
    expect((await plane.settle(id, successor)).status).toMatchObject({ phase: 'ready' });
    expect(await successor.git.readFile(await accessTo(repositoryId), commit ?? '', 'index.html')).toBe('hello');
  });

  it('says that it does not know, once nothing has been seen of it for a minute', async () => {
    const id = await create('unseen');
    await plane.settle(id);
    const seenAt = plane.clock.timestamp();
    const runtime = { ...plane.runtime, observe: () => Promise.reject(new Error('the API does not answer')) };
    const blind = { ...plane.context, runtime };
    await plane.clock.advance(60_000);
    await expect(plane.reconcile(id, blind)).rejects.toThrow('the API does not answer');
    expect((await plane.read(id)).status.phase).toBe('ready');
    await plane.clock.advance(1);
    await plane.reconcile(id, blind);
    expect((await plane.read(id)).status).toMatchObject({
      phase: 'pending',
      message: `Nothing has been seen of it since ${seenAt}: it may run or not. Blueberry keeps looking.`,
    });
    expect((await plane.settle(id)).status.phase).toBe('ready');
  });

  it('does not take what was seen a minute ago for what is so now', async () => {
    const id = await create('stale');
    await plane.settle(id);
    const seen = await plane.runtime.observe({ id, name: 'stale' });
    await plane.clock.advance(60_001);
    await plane.reconcile(id, { ...plane.context, runtime: { ...plane.runtime, observe: async () => seen } });
    expect((await plane.read(id)).status.message).toContain('Nothing has been seen of it since');
  });

  it('puts a revision in place with the values that it was first given, also after a restart', async () => {
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { values: { env: { A: 'old' } } });
    const id = await create('steady');
    await plane.settle(id);
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { values: { env: { A: 'new' } } });
    await plane.reconcile(id, await plane.takeOver());
    expect(plane.runtime.ensured.at(-1)?.components[0].env).toEqual({ A: 'old' });
    expect((await plane.environments.getValues(ADMINISTRATOR, id)).values).toEqual({ env: { A: 'old' } });
  });
});
