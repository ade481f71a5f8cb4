import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/core/environment.ts';
import { resolveTarget } from '../../src/gateway/preview-target.ts';
import { ADMINISTRATOR } from '../support/control-plane.ts';
import { createImagePlane, DEADLINE_MS, IMAGES, type ImagePlane } from '../support/image-plane.ts';

let stage: ImagePlane;
beforeEach(async () => {
  stage = await createImagePlane();
});
afterEach(() => stage.dispose());

const componentOf = ({ spec }: Environment) => spec.components[0];

describe('an image that is there', () => {
  it('is pinned by its digest before anything is deployed with it', async () => {
    const commit = await stage.head();
    const digest = stage.push(commit);
    const id = await stage.create();
    await stage.plane.reconcile(id);
    const written = await stage.plane.read(id);
    expect(componentOf(written)).toMatchObject({
      pinnedImage: `${IMAGES}@${digest}`,
      image: `${IMAGES}:{sha}`,
    });
    expect(written.status.message).toBe(`Deploying ${IMAGES}:${commit}, which is ${digest.slice(0, 19)}.`);
    expect(stage.plane.runtime.ensured).toEqual([]);
    expect((await stage.plane.settle(id)).status).toMatchObject({ phase: 'ready', canSleep: true });
    expect(stage.told()?.image).toBe(`${IMAGES}@${digest}`);
    expect(stage.images.asked).toEqual([{ image: `${IMAGES}:${commit}`, credential: 'ci:canary' }]);
  });

  it("is among Blueberry's constants, which no layer can change and everyone can see", async () => {
    await stage.plane.repositories.updateRepository(ADMINISTRATOR, stage.repositoryId, {
      values: { image: { repository: 'evil.example/x', pullPolicy: 'Always' }, asleep: true, replicas: 2 },
    });
    const { id, digest, commit } = await stage.ready();
    const shown = await stage.plane.environments.getValues(ADMINISTRATOR, id);
    expect(stage.told()?.values).toEqual(shown.values);
    expect(shown.values).toEqual({
      image: { repository: IMAGES, tag: '', digest, pullPolicy: 'Always' },
      asleep: false,
      replicas: 2,
      secretEnv: { secretName: '', keys: [] },
      imagePullSecrets: [{ name: 'blueberry-registry' }],
      blueberry: {
        environmentId: id,
        name: 'web',
        url: 'http://web.localhost:8000',
        branch: 'main',
        commit,
        revision: 1,
      },
    });
    expect(shown.origins).toMatchObject({
      '/image/digest': 'blueberry',
      '/image/repository': 'blueberry',
      '/image/pullPolicy': 'repository',
      '/replicas': 'repository',
      '/asleep': 'blueberry',
    });
  });

  it('stays when its tag is moved, until someone redeploys the same commit', async () => {
    const { id, digest, commit } = await stage.ready();
    const moved = stage.push(commit, 'built again');
    await stage.plane.settle(id);
    await stage.plane.environments.updateEnvironment(ADMINISTRATOR, id, { helm_values_override: { replicas: 3 } });
    const changed = await stage.plane.settle(id);
    expect(changed).toMatchObject({ spec: { revision: 2 }, status: { phase: 'ready' } });
    expect(componentOf(changed).pinnedImage).toBe(`${IMAGES}@${digest}`);
    await stage.plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await stage.plane.settle(id);
    await stage.plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    expect(componentOf(await stage.plane.settle(id)).pinnedImage).toBe(`${IMAGES}@${digest}`);
    await stage.plane.environments.redeployEnvironment(ADMINISTRATOR, id, { commit_sha: commit });
    expect(componentOf(await stage.plane.read(id)).pinnedImage).toBeNull();
    expect(componentOf(await stage.plane.settle(id)).pinnedImage).toBe(`${IMAGES}@${moved}`);
    expect(stage.told()?.image).toBe(`${IMAGES}@${moved}`);
    expect(stage.images.asked).toHaveLength(2);
  });

  it('shows in the values that it sleeps, and that it woke', async () => {
    const { id } = await stage.ready();
    await stage.plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await stage.plane.settle(id);
    expect((await stage.plane.environments.getValues(ADMINISTRATOR, id)).values).toMatchObject({ asleep: true });
    await stage.plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    await stage.plane.settle(id);
    expect((await stage.plane.environments.getValues(ADMINISTRATOR, id)).values).toMatchObject({ asleep: false });
  });
});

describe('an image that has not been pushed', () => {
  it('is waited for, looked for with growing pauses however often something else happens, and deployed when it comes', async () => {
    const commit = await stage.head();
    const id = await stage.create();
    const pauses: number[] = [];
    for (let looks = 0; looks < 18; looks += 1) {
      const next = await stage.plane.reconcile(id);
      expect((await stage.plane.read(id)).status).toMatchObject({
        phase: 'pending',
        message: `Waiting for ${IMAGES}:${commit} to be pushed.`,
      });
      const asked = stage.images.asked.length;
      await stage.plane.reconcile(id);
      expect(stage.images.asked).toHaveLength(asked);
      pauses.push(next?.afterMs ?? 0);
      await stage.plane.clock.advance(next?.afterMs ?? 0);
    }
    expect(stage.images.asked).toHaveLength(18);
    expect(pauses[0]).toBe(5_000);
    expect(pauses.toSorted((left, right) => left - right)).toEqual(pauses);
    expect(pauses.at(-1)).toBe(60_000);
    expect(stage.plane.runtime.ensured).toEqual([]);
    stage.push(commit);
    expect((await stage.plane.settle(id)).status.phase).toBe('ready');
    expect(await stage.history(id)).toEqual(['Ready', 'Deploying', 'WaitingForImage', 'Created']);
  });

  it('leaves alone what runs: it goes on answering, and is seen as it is', async () => {
    const { id, commit, digest } = await stage.ready();
    const newer = await stage.fixture.commit({ 'a.txt': '2' });
    await stage.follow(id, newer);
    const waiting = await stage.plane.settle(id);
    expect(waiting.status).toMatchObject({
      phase: 'pending',
      message: `Waiting for ${IMAGES}:${newer} to be pushed.`,
      serving: { revision: 1, commit },
      sync: 'Synced',
      health: 'Healthy',
    });
    expect(await resolveTarget(stage.plane.store, 'web')).toMatchObject({ kind: 'serving' });
    expect(stage.told()?.image).toBe(`${IMAGES}@${digest}`);
    stage.plane.runtime.progress = {
      step: 'waiting',
      reason: 'Restarting',
      message: 'It ended.',
      since: stage.plane.clock.timestamp(),
    };
    expect((await stage.plane.settle(id)).status).toMatchObject({ serving: null, health: 'Progressing' });
  });

  it('is not waited for any longer once there is a newer commit', async () => {
    const id = await stage.create();
    await stage.plane.settle(id);
    const newer = await stage.fixture.commit({ 'a.txt': '2' });
    const digest = stage.push(newer);
    await stage.follow(id, newer);
    const after = await stage.plane.settle(id);
    expect(after.status.phase).toBe('ready');
    expect(componentOf(after)).toMatchObject({ commit: newer, pinnedImage: `${IMAGES}@${digest}` });
  });

  it('makes it failed after the deadline, at once then, and heals when it is pushed all the same', async () => {
    const commit = await stage.head();
    const id = await stage.create();
    const next = await stage.pass(id, DEADLINE_MS - 1);
    expect((await stage.plane.read(id)).status.phase).toBe('pending');
    expect(next?.afterMs).toBe(1);
    await stage.plane.clock.advance(1);
    const failed = await stage.plane.settle(id);
    expect(failed.status).toMatchObject({
      phase: 'failed',
      message: `${IMAGES}:${commit} was not pushed within 10 minutes. Look at what CI says of this commit; Blueberry keeps looking, and deploys the image once it is pushed.`,
    });
    stage.push(commit);
    await stage.plane.clock.advance(60_000);
    expect((await stage.plane.settle(id)).status.phase).toBe('ready');
    expect(await stage.history(id)).toEqual(['Ready', 'Deploying', 'ImageNeverPushed', 'WaitingForImage', 'Created']);
  });

  it('gives way when the environment is deleted', async () => {
    const id = await stage.create();
    await stage.plane.settle(id);
    await stage.plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    expect((await stage.plane.settle(id)).status.phase).toBe('terminated');
  });

  it('is deployed although what was fetched has been removed meanwhile', async () => {
    const id = await stage.create();
    await stage.plane.settle(id);
    await stage.plane.removeFetched();
    stage.push(await stage.head());
    expect((await stage.plane.settle(id, await stage.plane.takeOver())).status.phase).toBe('ready');
  });

  it('goes on running under another leader without anything of the repository', async () => {
    const { id, commit } = await stage.ready();
    await stage.plane.removeFetched();
    const successor = await stage.plane.takeOver();
    expect((await stage.plane.settle(id, successor)).status.phase).toBe('ready');
    expect(stage.told()?.commit).toBe(commit);
    const access = { id: stage.repositoryId, url: stage.fixture.path, credential: null };
    await expect(successor.git.readFile(access, commit, 'Dockerfile')).rejects.toThrow();
  });

  it('goes on being waited for by another leader', async () => {
    const id = await stage.create();
    await stage.plane.settle(id);
    const successor = await stage.plane.takeOver();
    const digest = stage.push(await stage.head());
    await stage.plane.reconcile(id, successor);
    expect(componentOf(await stage.plane.read(id)).pinnedImage).toBe(`${IMAGES}@${digest}`);
  });
});
