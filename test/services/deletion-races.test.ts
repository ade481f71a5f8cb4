import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { latentStore } from '../support/latent-store.ts';

const MANUAL = { kind: 'manual', fork: false } as const;
const ROUNDS = 12;

describe('deleting what somebody begins to use at the same moment', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;

  beforeEach(async () => {
    plane = await createControlPlane({ decorateStore: latentStore });
    fixture = await createGitFixture({ 'index.html': 'hello' });
  });
  afterEach(async () => {
    await plane.dispose();
    await fixture.dispose();
  });

  async function connect(): Promise<string> {
    return (await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' })).id;
  }

  async function share(repositoryId: string): Promise<string> {
    const input = {
      name: 'set',
      description: '',
      repository_ids: [repositoryId],
      values: {},
      secrets: { KEY: 'secret' },
    };
    return (await plane.configSets.createConfigSet(ADMINISTRATOR, input)).id;
  }

  /** Makes an environment and does something else at once; says what became of each. */
  async function race(
    input: { repository_id: string; config_set_id?: string },
    other: () => Promise<unknown>,
  ): Promise<{ created: string | null; other: 'done' | 'refused' }> {
    const wanted = { ...input, branch: 'main', ttl_hours: 1 };
    const [created, done] = await Promise.allSettled([
      plane.environments.createEnvironment(ADMINISTRATOR, wanted, MANUAL),
      other(),
    ]);
    return {
      created: created.status === 'fulfilled' ? created.value.id : null,
      other: done.status === 'fulfilled' ? 'done' : 'refused',
    };
  }

  it('never leaves a living environment of a repository that is gone', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const repositoryId = await connect();
      const outcome = await race({ repository_id: repositoryId }, () =>
        plane.repositories.deleteRepository(ADMINISTRATOR, repositoryId),
      );
      expect([outcome.created !== null, outcome.other]).not.toEqual([true, 'done']);
      const left = await plane.store.get(EVERYTHING, 'repository', repositoryId);
      expect(left === null, 'gone exactly where it was said to be').toBe(outcome.other === 'done');
      expect(left?.record.closing, 'can be used again after a refusal').toBeUndefined();
    }
  });

  it('never leaves a living environment with a config set that is gone', async () => {
    const repositoryId = await connect();
    for (let round = 0; round < ROUNDS; round += 1) {
      const configSetId = await share(repositoryId);
      const outcome = await race({ repository_id: repositoryId, config_set_id: configSetId }, () =>
        plane.configSets.deleteConfigSet(ADMINISTRATOR, configSetId),
      );
      expect([outcome.created !== null, outcome.other]).not.toEqual([true, 'done']);
    }
  });

  it('refuses new environments of what is being deleted, and lets the deletion be asked for again', async () => {
    const repositoryId = await connect();
    const repository = await plane.store.get(EVERYTHING, 'repository', repositoryId);
    if (!repository) throw new Error('it was connected');
    const closing = { ...repository.record, closing: true as const };
    await plane.store.commit([{ op: 'put', kind: 'repository', id: repositoryId, record: closing }], []);
    const input = { repository_id: repositoryId, branch: 'main', ttl_hours: 1 };
    await expect(plane.environments.createEnvironment(ADMINISTRATOR, input, MANUAL)).rejects.toThrow();
    await plane.repositories.deleteRepository(ADMINISTRATOR, repositoryId);
    expect(await plane.store.get(EVERYTHING, 'repository', repositoryId)).toBeNull();
  });
});
