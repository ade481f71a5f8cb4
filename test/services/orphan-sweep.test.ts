import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepOrphans } from '../../src/controllers/orphan-sweep.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';

describe('sweeping orphans', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;
  const signal = new AbortController().signal;
  const living = { has: () => false };

  beforeEach(async () => {
    plane = await createControlPlane();
    fixture = await createGitFixture({ 'index.html': 'hello' });
  });
  afterEach(async () => {
    await plane.dispose();
    await fixture.dispose();
  });

  function leaveBehind(count: number): void {
    for (let number = 0; number < count; number += 1) {
      const id = `env_orphan${String(number)}`;
      plane.runtime.present.set(id, { key: { id, name: `orphan-${String(number)}` }, desired: null });
    }
  }

  it('removes what has no living record, and nothing else', async () => {
    const repository = await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' });
    const input = { name: 'living', repository_id: repository.id, branch: 'main', ttl_hours: 1 };
    const { id } = await plane.environments.createEnvironment(ADMINISTRATOR, input, { kind: 'manual', fork: false });
    await plane.settle(id);
    leaveBehind(3);
    expect(await sweepOrphans({ ...plane.context, living }, signal)).toBe(3);
    expect([...plane.runtime.present.keys()]).toEqual([id]);
  });

  it('stops when it finds too much: then the records are the wrong ones', async () => {
    leaveBehind(6);
    expect(await sweepOrphans({ ...plane.context, living }, signal)).toBe(0);
    expect(plane.runtime.removed).toEqual([]);
  });

  it('removes nothing when the store does not answer', async () => {
    leaveBehind(3);
    const store = { ...plane.store, get: () => Promise.reject(new Error('the store is down')) };
    await expect(sweepOrphans({ ...plane.context, living, store }, signal)).rejects.toThrow('the store is down');
    expect(plane.runtime.removed).toEqual([]);
  });
});
