import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageFailure, type ImageFailureReason } from '../../src/core/image-failure.ts';
import { ADMINISTRATOR } from '../support/control-plane.ts';
import { createImagePlane, DEADLINE_MS, IMAGES, type ImagePlane } from '../support/image-plane.ts';

let stage: ImagePlane;
beforeEach(async () => {
  stage = await createImagePlane();
});
afterEach(() => stage.dispose());

describe('a registry in trouble', () => {
  it.each<[ImageFailureReason, reason: string]>([
    ['unreachable', 'RegistryUnreachable'],
    ['timed_out', 'RegistryUnreachable'],
    ['invalid_answer', 'RegistryUnreachable'],
    ['rate_limited', 'RegistryUnreachable'],
  ])('that is %s is tried again until the deadline, with the cause for all to see', async (trouble, reason) => {
    const commit = await stage.head();
    stage.images.trouble = new ImageFailure(trouble, 'ghcr.io does something');
    const id = await stage.create();
    await stage.pass(id, DEADLINE_MS - 1);
    const cause = `${IMAGES}:${commit} can't be looked up: ghcr.io does something`;
    expect((await stage.plane.read(id)).status).toMatchObject({ phase: 'pending', message: `${cause}. Trying again.` });
    await stage.plane.clock.advance(1);
    const { status } = await stage.plane.settle(id);
    expect(status).toMatchObject({ phase: 'failed', message: expect.stringContaining(cause) as string });
    expect(status.conditions.find(({ type }) => type === 'Deployed')?.reason).toBe(reason);
    stage.images.trouble = null;
    stage.push(commit);
    await stage.plane.clock.advance(60_000);
    expect((await stage.plane.settle(id)).status.phase).toBe('ready');
  });

  it.each<ImageFailureReason>(['unauthorized', 'forbidden'])(
    'that answers %s is believed after a minute, and asked again all the same',
    async (trouble) => {
      stage.images.trouble = new ImageFailure(trouble, 'ghcr.io does not let in those without a credential');
      const id = await stage.create();
      await stage.pass(id, 59_000);
      expect((await stage.plane.read(id)).status.phase).toBe('pending');
      await stage.plane.clock.advance(1_000);
      expect((await stage.plane.settle(id)).status).toMatchObject({
        phase: 'failed',
        message: expect.stringMatching(
          /those without a credential\. Give the repository an `image_credential`/,
        ) as string,
      });
      stage.images.trouble = null;
      stage.push(await stage.head());
      await stage.plane.repositories.updateRepository(ADMINISTRATOR, stage.repositoryId, {
        image_credential: 'ci:newer',
      });
      await stage.plane.clock.advance(60_000);
      expect((await stage.plane.settle(id)).status.phase).toBe('ready');
      expect(stage.images.asked.at(-1)?.credential).toBe('ci:newer');
    },
  );

  it('that may not be asked is a failure at once', async () => {
    stage.images.trouble = new ImageFailure('not_allowed', 'inside leads to the private address 10.0.0.1');
    const id = await stage.create();
    expect((await stage.plane.settle(id)).status).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('ALLOWED_PRIVATE_REGISTRY_HOSTS') as string,
    });
  });

  it('is left alone for as long as it wants, within reason', async () => {
    stage.images.trouble = new ImageFailure('rate_limited', 'ghcr.io takes no more requests', 120_000);
    const id = await stage.create();
    expect((await stage.plane.reconcile(id))?.afterMs).toBe(120_000);
    await stage.plane.clock.advance(119_000);
    await stage.plane.reconcile(id);
    expect(stage.images.asked).toHaveLength(1);
    stage.images.trouble = new ImageFailure('rate_limited', 'ghcr.io takes no more requests', 86_400_000);
    await stage.plane.clock.advance(1_000);
    await stage.plane.reconcile(id);
    expect(stage.images.asked).toHaveLength(2);
    await stage.plane.clock.advance(600_000);
    await stage.plane.reconcile(id);
    expect(stage.images.asked).toHaveLength(3);
  });

  it('and in no hurry is not waited for, and what was known of the image stands meanwhile', async () => {
    const hasty = await createImagePlane({ patience: (clock) => ({ ...clock, sleep: () => Promise.resolve() }) });
    const { plane, images } = hasty;
    const id = await hasty.create();
    const answers: ((digest: string | null) => void)[] = [];
    images.resolve = () => new Promise((resolve) => answers.push(resolve));
    const untilSaid = (what: RegExp) =>
      expect.poll(async () => (await plane.settle(id)).status.message, { timeout: 10_000 }).toMatch(what);
    await untilSaid(/^Looking for ghcr\.io/);
    answers.shift()?.(null);
    await untilSaid(/^Waiting for ghcr\.io/);
    await plane.clock.advance(5_000);
    await plane.settle(id);
    expect(answers).toHaveLength(1);
    expect((await plane.read(id)).status.message).toMatch(/^Waiting for/);
    const { status } = await plane.settle(id, await plane.takeOver());
    expect(answers).toHaveLength(2);
    expect(status.message).toMatch(/^Waiting for/);
    await hasty.dispose();
  });

  it('says what is wrong with Blueberry itself as nothing but that', async () => {
    stage.images.resolve = () => Promise.reject(new TypeError('a mistake of ours'));
    const id = await stage.create();
    await expect(stage.plane.reconcile(id)).rejects.toThrow('a mistake of ours');
  });
});

describe('the credential of a registry', () => {
  it('is kept sealed, shown nowhere, replaced and forgotten', async () => {
    const sealedOf = async () =>
      (await stage.plane.repositories.getRepository(ADMINISTRATOR, stage.repositoryId)).record.sealedImageCredential;
    const { id } = await stage.ready();
    const first = await sealedOf();
    expect(first).not.toContain('canary');
    expect(JSON.stringify([await stage.plane.read(id), stage.told()?.values])).not.toContain('canary');
    expect(stage.told()?.credentials).toEqual({ repository: null, image: 'ci:canary' });
    await stage.plane.repositories.updateRepository(ADMINISTRATOR, stage.repositoryId, { name: 'other' });
    expect(await sealedOf()).toBe(first);
    await stage.plane.repositories.updateRepository(ADMINISTRATOR, stage.repositoryId, {
      image_credential: 'ci:newer',
    });
    expect(await sealedOf()).not.toBe(first);
    await stage.plane.repositories.updateRepository(ADMINISTRATOR, stage.repositoryId, { image_credential: null });
    expect(await sealedOf()).toBeNull();
  });
});
