import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';

describe('a config set that is deleted', () => {
  let plane: ControlPlane;
  /** Sizes of the commits since the last look. */
  let commits: number[];
  let failAtCommit: number | null;
  beforeEach(async () => {
    commits = [];
    failAtCommit = null;
    plane = await createControlPlane({ decorateStore: counting });
  });
  afterEach(() => plane.dispose());

  function counting(store: EnvironmentStore): EnvironmentStore {
    return {
      ...store,
      commit(writes, preconditions) {
        commits.push(writes.length);
        if (commits.length === failAtCommit) return Promise.reject(new Error('The power is gone.'));
        return store.commit(writes, preconditions);
      },
    };
  }

  async function withRevisions(count: number): Promise<string> {
    const input = { name: 'set', description: '', repository_ids: [], values: {}, secrets: { KEY: 'a secret' } };
    const { id } = await plane.configSets.createConfigSet(ADMINISTRATOR, input);
    for (let revision = 2; revision <= count; revision += 1) {
      await plane.configSets.updateConfigSet(ADMINISTRATOR, id, { description: `revision ${String(revision)}` });
    }
    commits = [];
    return id;
  }

  async function revisionsOf(configSetId: string): Promise<number[]> {
    const found = await plane.store.list(EVERYTHING, 'config_set_revision', { where: { configSetId }, limit: 1000 });
    return found.items.map(({ record }) => record.revision);
  }

  it('takes all its revisions with it, and nobody else’s', async () => {
    const [gone, stays] = [await withRevisions(3), await withRevisions(2)];
    await plane.configSets.deleteConfigSet(ADMINISTRATOR, gone);
    expect(await plane.store.get(EVERYTHING, 'config_set', gone)).toBeNull();
    expect([await revisionsOf(gone), await revisionsOf(stays)]).toEqual([[], [1, 2]]);
  });

  it('takes a great many in commits of a bounded size, the newest together with itself', async () => {
    const id = await withRevisions(450);
    failAtCommit = 4;
    await expect(plane.configSets.deleteConfigSet(ADMINISTRATOR, id)).rejects.toThrow('The power is gone.');
    const left = await revisionsOf(id);
    expect([left.length > 0, left.at(-1)]).toEqual([true, 450]);
    expect((await plane.configSets.getConfigSet(ADMINISTRATOR, id)).revision.revision).toBe(450);
    failAtCommit = null;
    await plane.configSets.deleteConfigSet(ADMINISTRATOR, id);
    expect(await revisionsOf(id)).toEqual([]);
    expect(Math.max(...commits)).toBeLessThanOrEqual(201);
    await expect(plane.configSets.getConfigSet(ADMINISTRATOR, id)).rejects.toMatchObject({ kind: 'not_found' });
  });
});
