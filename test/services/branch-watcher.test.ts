import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchBranches } from '../../src/controllers/branch-watcher.ts';
import { createLivingEnvironments } from '../../src/controllers/living-environments.ts';
import { GitFailure } from '../../src/core/git-failure.ts';
import type { GitRepositories } from '../../src/ports/git-repositories.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually } from '../support/product.ts';

const POLL_MS = 2_000;

describe('following a branch', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;
  let repositoryId: string;
  let id: string;
  let looks = 0;
  let listBranches: GitRepositories['listBranches'];
  let stop: AbortController;
  let watching: Promise<unknown>;

  beforeEach(async () => {
    plane = await createControlPlane();
    fixture = await createGitFixture({ 'index.html': 'hello' });
    await fixture.git('branch', 'topic');
    repositoryId = (await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' })).id;
    id = await createFollower('followed');
    stop = new AbortController();
    const living = createLivingEnvironments(plane.store, plane.bus, () => undefined);
    listBranches = (access, signal) => plane.git.listBranches(access, signal);
    looks = 0;
    const git: GitRepositories = {
      ...plane.git,
      async listBranches(access, signal) {
        try {
          return await listBranches(access, signal);
        } finally {
          looks += 1;
        }
      },
    };
    const settings = { pollLocalMs: POLL_MS, pollRemoteMs: 60_000, deleteGoneBranches: true };
    watching = Promise.all([
      living.follow(stop.signal),
      watchBranches({ ...plane.context, git, environments: plane.environments, living, settings }, stop.signal),
    ]);
  });
  afterEach(async () => {
    stop.abort();
    await watching;
    await plane.dispose();
    await fixture.dispose();
  });

  async function createFollower(name: string): Promise<string> {
    const input = { name, repository_id: repositoryId, branch: 'topic', ttl_hours: 72 };
    const created = await plane.environments.createEnvironment(ADMINISTRATOR, input, { kind: 'manual', fork: false });
    await plane.settle(created.id);
    return created.id;
  }

  /** Lets the watcher look at the remote once more. */
  async function look(): Promise<void> {
    const before = looks;
    await eventually(async () => {
      await plane.clock.advance(POLL_MS / 4);
      return looks > before ? true : null;
    });
    await plane.clock.advance(0);
  }

  it('wants a new commit when it is pushed, and renews the time to live', async () => {
    await fixture.git('checkout', '--quiet', 'topic');
    const commit = await fixture.commit({ 'index.html': 'new' });
    const before = await plane.read(id);
    await plane.clock.advance(60_000);
    await eventually(async () => {
      await look();
      return (await plane.read(id)).spec.revision === 2 ? true : null;
    });
    const after = await plane.read(id);
    expect(after.spec.components[0]).toMatchObject({ commit, branchHead: commit });
    expect(Date.parse(after.spec.expiresAt)).toBeGreaterThan(Date.parse(before.spec.expiresAt));
  });

  it('does not go back to a commit that a look saw before a newer one was deployed', async () => {
    await fixture.git('checkout', '--quiet', 'topic');
    const old = await fixture.commit({ 'index.html': 'old' });
    let newest = '';
    listBranches = async (access, signal) => {
      const remote = await plane.git.listBranches(access, signal);
      if (newest === '') {
        newest = await fixture.commit({ 'index.html': 'newest' });
        await plane.environments.redeployEnvironment(ADMINISTRATOR, id, {});
        await plane.settle(id);
      }
      return remote;
    };
    await look();
    await eventually(async () => (newest === '' || looks === 0 ? null : true));
    await plane.clock.advance(0);
    const { components, revision } = (await plane.read(id)).spec;
    expect(components[0].commit).toBe(newest);
    expect(components[0].commit).not.toBe(old);
    expect(revision).toBe(2);
  });

  it('leaves an environment at its commit when it is not to follow', async () => {
    await plane.environments.updateEnvironment(ADMINISTRATOR, id, { auto_update: false });
    const another = await createFollower('another');
    await fixture.git('branch', '--force', 'topic', await fixture.commit({ 'index.html': 'new' }));
    await eventually(async () => {
      await look();
      return (await plane.read(another)).spec.revision === 2 ? true : null;
    });
    expect((await plane.read(id)).spec.revision).toBe(1);
  });

  it('ends an environment whose branch is gone, but only when it is missed twice, ten minutes apart', async () => {
    await fixture.git('branch', '-D', 'topic');
    await look();
    await look();
    await plane.clock.advance(9 * 60_000);
    await look();
    expect((await plane.read(id)).metadata.deletionTimestamp).toBeNull();
    await plane.clock.advance(60_000);
    // Nobody looks any more once it is being removed, so only the clock is moved here.
    await eventually(async () => {
      await plane.clock.advance(POLL_MS / 4);
      return (await plane.read(id)).metadata.deletionTimestamp;
    });
  });

  it.each([
    ['says that it has no branch at all', () => Promise.resolve({ defaultBranch: null, branches: [] })],
    ['does not answer', () => Promise.reject(new GitFailure('unreachable', 'Connection refused'))],
  ])('ends nothing when the remote %s', async (_what, answer) => {
    listBranches = answer;
    await look();
    await plane.clock.advance(60 * 60_000);
    await look();
    expect((await plane.read(id)).metadata.deletionTimestamp).toBeNull();
  });
});
