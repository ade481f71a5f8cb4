import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMINISTRATOR } from '../support/control-plane.ts';
import { createImagePlane, IMAGES, type ImagePlane } from '../support/image-plane.ts';

let stage: ImagePlane;
beforeEach(async () => {
  stage = await createImagePlane();
});
afterEach(() => stage.dispose());

describe('no image at all', () => {
  beforeEach(async () => {
    await stage.plane.repositories.updateRepository(ADMINISTRATOR, stage.repositoryId, {
      image: null,
      image_credential: null,
    });
  });

  it('is a failure that says what to do, and heals when that was done', async () => {
    const id = await stage.create();
    const failed = await stage.plane.settle(id);
    expect(failed.status).toMatchObject({
      phase: 'failed',
      message: expect.stringMatching(/does not say which image it is\. Set `image` of the repository/) as string,
    });
    expect(stage.images.asked).toEqual([]);
    stage.push(await stage.head());
    await stage.plane.repositories.updateRepository(ADMINISTRATOR, stage.repositoryId, { image: `${IMAGES}:{sha}` });
    expect((await stage.plane.settle(id)).status.phase).toBe('ready');
  });

  it('is no matter for a chart that brings its own', async () => {
    await stage.fixture.commit({ 'blueberry.yaml': 'chart: deploy/chart\nenv: { A: "1" }\n' });
    const id = await stage.create();
    expect((await stage.plane.settle(id)).status.phase).toBe('ready');
    expect(stage.told()).toMatchObject({ image: null, values: { env: { A: '1' } } });
    expect(stage.told()?.values).not.toHaveProperty('blueberry');
    expect(stage.images.asked).toEqual([]);
  });

  it('is one for a chart that says where it takes the image', async () => {
    await stage.fixture.commit({ 'blueberry.yaml': 'chart: {path: c, image_values: {tag: tag}}\n' });
    const id = await stage.create();
    expect((await stage.plane.settle(id)).status.conditions).toContainEqual(
      expect.objectContaining({ reason: 'NoImage' }),
    );
  });

  it('is what a stored template amounts to that names no tag', async () => {
    const found = await stage.plane.repositories.getRepository(ADMINISTRATOR, stage.repositoryId);
    const record = { ...found.record, image: 'ghcr.io/acme/web' };
    await stage.plane.store.commit([{ op: 'put', kind: 'repository', id: stage.repositoryId, record }], []);
    const id = await stage.create();
    expect((await stage.plane.settle(id)).status).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('must name a tag that your CI pushes for each commit') as string,
    });
  });
});

describe("a chart of the repository's own", () => {
  const withChart = (...more: string[]) =>
    stage.fixture.commit({ 'blueberry.yaml': ['chart:', '  path: c', ...more, ''].join('\n') });

  it('gets the image where it takes it, and sleeps by its own values', async () => {
    await withChart('  image_values: {reference: web.image}', '  sleep_values: {replicaCount: 0}');
    const { id, digest } = await stage.ready();
    expect(stage.told()?.values).toEqual({ web: { image: `${IMAGES}@${digest}` } });
    await stage.plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    expect(await stage.plane.settle(id)).toMatchObject({ spec: { asleep: true }, status: { phase: 'ready' } });
    expect(stage.told()?.values).toEqual({ web: { image: `${IMAGES}@${digest}` }, replicaCount: 0 });
    await stage.plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    await stage.plane.settle(id);
    expect(stage.told()?.values).not.toHaveProperty('replicaCount');
  });

  it('wakes by its own values again, also under a leader that knows only what was written', async () => {
    await withChart('  sleep_values: {replicaCount: 0}');
    const { id } = await stage.ready();
    await stage.plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await stage.plane.settle(id);
    const successor = await stage.plane.takeOver();
    await stage.plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    await stage.plane.settle(id, successor);
    expect(stage.told()?.values).not.toHaveProperty('replicaCount');
    expect((await stage.plane.environments.getValues(ADMINISTRATOR, id)).values).toEqual(stage.told()?.values);
  });

  it('that does not say how it sleeps does not, whoever asks', async () => {
    await withChart();
    const { id } = await stage.ready();
    expect((await stage.plane.read(id)).status.canSleep).toBe(false);
    await expect(stage.plane.environments.sleepEnvironment(ADMINISTRATOR, id)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'cannot_sleep',
      message: expect.stringContaining('chart.sleep_values in blueberry.yaml') as string,
    });
    const idle = { ...stage.plane.context, settings: { ...stage.plane.context.settings, idleSleepMs: 60_000 } };
    await stage.plane.clock.advance(120_000);
    await stage.plane.reconcile(id, idle);
    expect((await stage.plane.read(id)).spec.asleep).toBe(false);
  });

  it('that can not sleep any more wakes what sleeps', async () => {
    const { id } = await stage.ready();
    await stage.plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await stage.plane.settle(id);
    stage.push(await withChart());
    await stage.follow(id, await stage.head());
    expect(await stage.plane.settle(id)).toMatchObject({
      spec: { asleep: false },
      status: { phase: 'ready', canSleep: false },
    });
    expect(stage.plane.runtime.ensured.filter(({ revision }) => revision === 2).every(({ asleep }) => !asleep)).toBe(
      true,
    );
    expect(await stage.history(id)).toContain('Woken');
  });
});
