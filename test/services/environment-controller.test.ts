import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqliteElection } from '../../src/adapters/sqlite/sqlite-election.ts';
import { createControllerStats, runEnvironmentController } from '../../src/controllers/environment-controller.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually } from '../support/product.ts';

const HOUR_MS = 3_600_000;

describe('the controller', () => {
  let folder: string;
  let plane: ControlPlane;
  let fixture: GitFixture;
  let stop: AbortController;
  let running: Promise<void>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-leader-'));
    plane = await createControlPlane();
    fixture = await createGitFixture({ 'index.html': 'hello' });
    stop = new AbortController();
    running = runEnvironmentController(
      {
        ...plane.context,
        bus: plane.bus,
        election: createSqliteElection({ file: join(folder, 'leader.lock'), clock: plane.clock }),
        fencedEnvironments: () => plane.environments,
        deleteGoneBranches: false,
        holder: 'test',
        stats: createControllerStats(),
      },
      stop.signal,
    );
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await plane.dispose();
    await fixture.dispose();
    await rm(folder, { recursive: true });
  });

  async function ready(name: string, ttlHours: number): Promise<string> {
    const repository = await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' });
    const input = { name, repository_id: repository.id, branch: 'main', ttl_hours: ttlHours };
    const { id } = await plane.environments.createEnvironment(ADMINISTRATOR, input, { kind: 'manual', fork: false });
    await eventually(async () => {
      await plane.clock.advance(50);
      return (await plane.read(id)).status.phase === 'ready' ? true : null;
    });
    return id;
  }

  it('ends what has expired while the machine was suspended soon after it has woken', async () => {
    const [short, long] = [await ready('short', 1), await ready('long', 5)];
    plane.clock.suspend(2 * HOUR_MS);
    await plane.clock.advance(30_000);
    const ended = async (): Promise<true | null> =>
      (await plane.read(short)).metadata.deletionTimestamp === null ? null : true;
    await eventually(ended, 3_000, 'the end');
    expect((await plane.read(long)).metadata.deletionTimestamp).toBeNull();
  });
});
