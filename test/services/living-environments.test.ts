import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLivingEnvironments, type LivingEnvironments } from '../../src/controllers/living-environments.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually } from '../support/product.ts';

describe('the view of all living environments', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;
  let repositoryId: string;
  let living: LivingEnvironments;
  let hints: string[];

  beforeEach(async () => {
    plane = await createControlPlane();
    fixture = await createGitFixture({ 'index.html': 'hello' });
    repositoryId = (await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' })).id;
    hints = [];
    // Nobody follows the bus here: every announcement is lost.
    living = createLivingEnvironments(plane.store, plane.bus, (id) => hints.push(id));
  });
  afterEach(async () => {
    await plane.dispose();
    await fixture.dispose();
  });

  async function create(name: string): Promise<string> {
    const input = { name, repository_id: repositoryId, branch: 'main', ttl_hours: 1 };
    return (await plane.environments.createEnvironment(ADMINISTRATOR, input, { kind: 'manual', fork: false })).id;
  }

  it('finds at a resync what no announcement has told of, and forgets what is gone', async () => {
    const [first, second] = [await create('first'), await create('second')];
    await living.resync();
    expect(hints.toSorted()).toEqual([first, second].toSorted());
    await plane.environments.deleteEnvironment(ADMINISTRATOR, first);
    await plane.settle(first);
    await living.resync();
    expect([living.has(first), living.has(second)]).toEqual([false, true]);
  });

  it('counts what has changed, and nothing else', async () => {
    const id = await create('counted');
    const empty = living.changes;
    await living.resync();
    const listed = living.changes;
    await living.resync();
    expect([listed > empty, living.changes]).toEqual([true, listed]);
    await plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    await living.resync();
    const deleting = living.changes;
    await plane.settle(id);
    await living.resync();
    expect([deleting > listed, living.changes > deleting]).toEqual([true, true]);
  });

  it('keeps what is announced while a resync reads the pages', async () => {
    let newcomer: string | null = null;
    let resyncing = false;
    const store: typeof plane.store = {
      ...plane.store,
      async listEnvironments(...args) {
        const page = await plane.store.listEnvironments(...args);
        if (resyncing) {
          const id = await create('newcomer');
          await eventually(() => Promise.resolve(living.has(id) ? true : null));
          newcomer = id;
        }
        return page;
      },
    };
    living = createLivingEnvironments(store, plane.bus, (id) => hints.push(id));
    const stop = new AbortController();
    const following = living.follow(stop.signal);
    const first = await create('first');
    await eventually(() => Promise.resolve(living.has(first) ? true : null));
    resyncing = true;
    await living.resync();
    expect(newcomer !== null && living.has(newcomer)).toBe(true);
    stop.abort();
    await following;
  });
});
