import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/core/condition.ts';
import { resolveTarget } from '../../src/gateway/preview-target.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { LeadershipLost, put } from '../../src/services/unit-of-work.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';

const MANUAL = { kind: 'manual', fork: false } as const;
const HOUR_MS = 3_600_000;

describe('reconciling an environment', () => {
  let plane: ControlPlane;
  let fixture: GitFixture;
  let repositoryId: string;

  beforeEach(async () => {
    plane = await createControlPlane({ settings: { idleSleepMs: 30 * 60_000 } });
    fixture = await createGitFixture({ 'index.html': 'hello' });
    repositoryId = (await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' })).id;
  });
  afterEach(async () => {
    await plane.dispose();
    await fixture.dispose();
  });

  async function create(name: string, more: { branch?: string; ttl_hours?: number } = {}): Promise<string> {
    const input = { name, repository_id: repositoryId, branch: 'main', ttl_hours: 72, ...more };
    return (await plane.environments.createEnvironment(ADMINISTRATOR, input, MANUAL)).id;
  }

  it('goes from pending to ready at the newest commit, and says so in one sentence and in its history', async () => {
    const id = await create('one');
    expect(await plane.read(id)).toMatchObject({ status: { phase: 'pending', observedGeneration: 0 } });
    const ready = await plane.settle(id);
    const commit = await fixture.git('rev-parse', 'HEAD');
    expect(ready.status).toMatchObject({
      phase: 'ready',
      message: `Running main at ${commit.slice(0, 7)}.`,
      observedGeneration: 1,
    });
    expect(ready.spec.components[0]).toMatchObject({ commit, branchHead: commit });
    const history = await plane.environments.listEvents(ADMINISTRATOR, id, { limit: 10 });
    expect(history.items.map(({ record }) => record.reason)).toEqual(['Ready', 'Created']);
  });

  it('writes nothing when nothing has changed', async () => {
    const id = await create('quiet');
    await plane.settle(id);
    const before = await plane.store.get(EVERYTHING, 'environment', id);
    await plane.reconcile(id);
    await plane.reconcile(id);
    expect((await plane.store.get(EVERYTHING, 'environment', id))?.version).toBe(before?.version);
  });

  it('is pending again at once when something else is wanted, and ready only for exactly that', async () => {
    const id = await create('again');
    await plane.settle(id);
    plane.runtime.progress = {
      step: 'waiting',
      reason: 'Building',
      message: 'Running npm ci.',
      since: plane.clock.timestamp(),
    };
    await plane.environments.redeployEnvironment(ADMINISTRATOR, id, {});
    expect((await plane.read(id)).status.phase).toBe('pending');
    expect((await plane.settle(id)).status).toMatchObject({ phase: 'pending', message: 'Running npm ci.' });
    plane.runtime.progress = { step: 'running' };
    expect((await plane.settle(id)).status.phase).toBe('ready');
  });

  it('never ends before its time, and ends then', async () => {
    const id = await create('short', { ttl_hours: 1 });
    await plane.settle(id);
    const told = Date.parse((await plane.read(id)).spec.expiresAt);
    await plane.clock.advance(told - plane.clock.now() - 1);
    expect((await plane.settle(id)).metadata.deletionTimestamp).toBeNull();
    await plane.clock.advance(1);
    expect((await plane.settle(id)).status.phase).toBe('terminated');
    expect(plane.runtime.removed).toEqual([id]);
  });

  it('asks to be looked at again when its time is over', async () => {
    const id = await create('timed', { ttl_hours: 1 });
    await plane.settle(id);
    const next = await plane.reconcile(id);
    expect(next?.afterMs).toBeLessThanOrEqual(HOUR_MS);
  });

  it('lets a renewal win that comes between the look and the end', async () => {
    const id = await create('renewed', { ttl_hours: 1 });
    await plane.settle(id);
    await plane.clock.advance(HOUR_MS);
    const commit = plane.store.commit.bind(plane.store);
    const racing = {
      ...plane.context,
      store: {
        ...plane.store,
        commit: async (...args: Parameters<typeof commit>) => {
          await plane.environments.updateEnvironment(ADMINISTRATOR, id, { ttl_hours: 2 });
          return commit(...args);
        },
      },
    };
    await plane.reconcile(id, racing);
    expect((await plane.settle(id)).status.phase).toBe('ready');
  });

  it('removes, keeps the record as an archive, and leaves a receipt', async () => {
    const id = await create('leaving');
    await plane.settle(id);
    await plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    await plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    expect((await plane.settle(id)).status).toMatchObject({ phase: 'terminated', serving: null });
    expect((await plane.environments.getReceipt(ADMINISTRATOR, id)).removed).toMatchObject([
      { kind: 'Process', name: 'web' },
    ]);
    expect((await plane.environments.listEnvironments(ADMINISTRATOR, {}, { limit: 50 })).total).toBe(0);
    expect(
      (await plane.environments.listEnvironments(ADMINISTRATOR, { phases: ['terminated'] }, { limit: 50 })).total,
    ).toBe(1);
  });

  it('says what blocks a removal once it has taken long', async () => {
    const id = await create('stuck');
    await plane.settle(id);
    plane.runtime.removalBlockedBy = 'Process 4711 does not end.';
    await plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    expect((await plane.settle(id)).status).toMatchObject({
      phase: 'deleting',
      message: 'Removing: Process 4711 does not end.',
    });
    await plane.clock.advance(6 * 60_000);
    expect((await plane.settle(id)).status.message).toBe('The removal is stuck: Process 4711 does not end.');
  });

  it('takes a name again at once, and waits until the one before is gone', async () => {
    const first = await create('same');
    await plane.settle(first);
    await expect(create('same')).rejects.toThrow(first);
    plane.runtime.removalBlockedBy = 'Process 4711 does not end.';
    await plane.environments.deleteEnvironment(ADMINISTRATOR, first);
    const second = await create('same');
    await plane.settle(first);
    expect((await plane.settle(second)).status).toMatchObject({
      phase: 'pending',
      message: 'Waiting for the previous same to be removed.',
    });
    expect(plane.runtime.ensured.map(({ key }) => key.id)).not.toContain(second);
    plane.runtime.removalBlockedBy = null;
    await plane.settle(first);
    expect((await plane.settle(second)).status.phase).toBe('ready');
  });

  it('fails with what to do when the repository is not there any more', async () => {
    const id = await create('cut-off');
    await rm(fixture.path, { recursive: true });
    const gone = await plane.settle(id);
    expect(gone.status).toMatchObject({ phase: 'failed' });
    expect(gone.status.message).toContain('could not be fetched');
    expect(gone.status.message).toContain('and that its credential may see it');
  });

  it('fails with the deadline when a step takes too long, but not while it waits for a build slot', async () => {
    const id = await create('slow');
    const since = plane.clock.timestamp();
    plane.runtime.progress = {
      step: 'waiting',
      reason: 'WaitingForBuildSlot',
      message: 'Waiting for a build slot: 3rd in the queue.',
      since,
    };
    await plane.settle(id);
    await plane.clock.advance(601_000);
    expect((await plane.settle(id)).status.phase).toBe('pending');
    plane.runtime.progress = { step: 'waiting', reason: 'Building', message: 'Running npm ci.', since };
    const { status } = await plane.settle(id);
    expect(status).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('Not done after 10 minutes: Running npm ci') as string,
    });
    expect(findCondition(status.conditions, 'Deployed'), 'it never was').toMatchObject({
      status: 'False',
      reason: 'DeadlinePassed',
    });
  });

  it('says a deadline of less than two minutes in seconds', async () => {
    const id = await create('hasty');
    const since = plane.clock.timestamp();
    plane.runtime.progress = { step: 'waiting', reason: 'Starting', message: 'Waiting for it.', since };
    await plane.settle(id);
    await plane.clock.advance(7_000);
    const settings = { ...plane.context.settings, deployDeadlineMs: 6_000 };
    await plane.reconcile(id, { ...plane.context, settings });
    expect((await plane.read(id)).status.message).toContain('Not done after 6 seconds: Waiting for it');
  });

  it('puts to sleep what nobody visits, and not what somebody does', async () => {
    const id = await create('sleepy');
    await plane.settle(id);
    await plane.clock.advance(20 * 60_000);
    await plane.store.commit([put('visit', id, { at: plane.clock.timestamp() })], []);
    await plane.clock.advance(20 * 60_000);
    expect((await plane.settle(id)).spec.asleep).toBe(false);
    await plane.clock.advance(10 * 60_000);
    expect(await plane.settle(id)).toMatchObject({ spec: { asleep: true }, status: { phase: 'ready' } });
    await plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    expect((await plane.read(id)).status).toMatchObject({ phase: 'pending', message: 'Waking up.' });
    expect(await plane.settle(id)).toMatchObject({ spec: { asleep: false }, status: { phase: 'ready' } });
  });

  it('is waking until it serves, whatever the runtime waits for on the way', async () => {
    const id = await create('waking');
    await plane.settle(id);
    await plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await plane.settle(id);
    await plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    const since = plane.clock.timestamp();
    plane.runtime.progress = { step: 'waiting', reason: 'Starting', message: 'Waiting for its port.', since };
    const { status } = await plane.settle(id);
    expect(status).toMatchObject({ phase: 'pending', message: 'Waiting for its port.' });
    expect((await resolveTarget(plane.store, 'waking')).kind).toBe('waking');
    plane.runtime.progress = { step: 'running' };
    await plane.settle(id);
    await plane.environments.redeployEnvironment(ADMINISTRATOR, id, {});
    plane.runtime.progress = { step: 'waiting', reason: 'Starting', message: 'Waiting for its port.', since };
    expect(findCondition((await plane.settle(id)).status.conditions, 'Healthy')?.reason).toBe('Starting');
  });

  it.each([257, 40 * 1024])('says that a blueberry.yaml of %i KiB is too large to be one', async (kibibytes) => {
    await fixture.commit({ 'blueberry.yaml': `# ${'x'.repeat(kibibytes * 1024)}\n` });
    const { status } = await plane.settle(await create('large'));
    expect(status).toMatchObject({
      phase: 'failed',
      message:
        'blueberry.yaml is larger than 256 KiB. Correct the file and push; the next commit is deployed by itself.',
    });
    expect(findCondition(status.conditions, 'Deployed')?.reason).toBe('InvalidRepositoryFile');
  });

  it('names file and line when blueberry.yaml is wrong', async () => {
    await fixture.commit({ 'blueberry.yaml': 'run: node s.js\nheath: /\n' });
    const id = await create('typo');
    expect((await plane.settle(id)).status).toMatchObject({
      phase: 'failed',
      message: expect.stringMatching(/blueberry\.yaml:2: .*heath/) as string,
    });
    expect(plane.runtime.ensured).toEqual([]);
  });

  it('merges all layers of values, hands secrets to the runtime only, and shows where each value comes from', async () => {
    await fixture.commit({ 'blueberry.yaml': 'env: { A: file, B: file, C: file, D: file }\n' });
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, {
      values: { env: { B: 'repository', C: 'repository', D: 'repository' } },
    });
    const configSet = await plane.configSets.createConfigSet(ADMINISTRATOR, {
      name: 'set',
      description: '',
      repository_ids: [repositoryId],
      values: { env: { C: 'set', D: 'set' } },
      secrets: { KEY: 'canary-secret' },
    });
    const input = {
      name: 'valued',
      repository_id: repositoryId,
      branch: 'main',
      ttl_hours: 1,
      config_set_id: configSet.id,
      helm_values_override: { env: { D: 'override' } },
    };
    const { id } = await plane.environments.createEnvironment(ADMINISTRATOR, input, MANUAL);
    await plane.settle(id);
    const [component] = plane.runtime.ensured[0]?.components ?? [];
    expect(component).toMatchObject({
      env: { A: 'file', B: 'repository', C: 'set', D: 'override' },
      secretEnv: { KEY: 'canary-secret' },
    });
    const shown = await plane.environments.getValues(ADMINISTRATOR, id);
    expect(shown.origins).toEqual({
      '/env/A': 'repository_file',
      '/env/B': 'repository',
      '/env/C': 'config_set',
      '/env/D': 'override',
    });
    expect(JSON.stringify(shown) + JSON.stringify(await plane.read(id))).not.toContain('canary-secret');
  });

  it('writes nothing any more once another replica has taken over', async () => {
    const id = await create('fenced');
    const successor = await plane.takeOver();
    await expect(plane.reconcile(id)).rejects.toThrow(LeadershipLost);
    expect((await plane.read(id)).status.conditions).toEqual([]);
    await plane.reconcile(id, successor);
    expect((await plane.read(id)).status.phase).toBe('ready');
  });
});
