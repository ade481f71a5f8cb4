import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NextLook } from '../../src/controllers/work-queue.ts';
import type { Environment } from '../../src/core/environment.ts';
import { ImageFailure, type ImageFailureReason } from '../../src/core/image-failure.ts';
import { resolveTarget } from '../../src/gateway/preview-target.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { createScriptedImages, sampleDigest, type ScriptedImages } from '../support/scripted-images.ts';

const MANUAL = { kind: 'manual', fork: false } as const;
const DEADLINE_MS = 600_000;
const REPOSITORY = 'ghcr.io/acme/web';

let plane: ControlPlane;
let images: ScriptedImages;
let fixture: GitFixture;
let repositoryId: string;

beforeEach(async () => {
  images = createScriptedImages();
  plane = await createControlPlane({ images, settings: { deployDeadlineMs: DEADLINE_MS } });
  fixture = await createGitFixture({ Dockerfile: 'FROM scratch\n' });
  const input = { url: fixture.path, path: '', image: `${REPOSITORY}:{sha}`, image_credential: 'ci:canary' };
  repositoryId = (await plane.repositories.createRepository(ADMINISTRATOR, input)).id;
});
afterEach(async () => {
  await plane.dispose();
  await fixture.dispose();
});

async function create(name = 'web'): Promise<string> {
  const input = { name, repository_id: repositoryId, branch: 'main', ttl_hours: 72 };
  return (await plane.environments.createEnvironment(ADMINISTRATOR, input, MANUAL)).id;
}

const head = () => fixture.git('rev-parse', 'HEAD');

/** What CI does. Returns the digest. */
function push(tag: string, content = tag): string {
  const digest = sampleDigest(content);
  images.pushed.set(`${REPOSITORY}:${tag}`, digest);
  return digest;
}

async function ready(name?: string): Promise<{ id: string; digest: string; commit: string }> {
  const commit = await head();
  const digest = push(commit);
  const id = await create(name);
  expect((await plane.settle(id)).status.phase).toBe('ready');
  return { id, digest, commit };
}

const componentOf = ({ spec }: Environment) => spec.components[0];
const lastDesired = () => plane.runtime.ensured.at(-1)?.components[0];
const reasons = async (id: string) =>
  (await plane.environments.listEvents(ADMINISTRATOR, id, { limit: 50 })).items.map(({ record }) => record.reason);

describe('an image that is there', () => {
  it('is pinned by its digest before anything is deployed with it', async () => {
    const commit = await head();
    const digest = push(commit);
    const id = await create();
    await plane.reconcile(id);
    const written = await plane.read(id);
    expect(componentOf(written)).toMatchObject({
      pinnedImage: `${REPOSITORY}@${digest}`,
      image: `${REPOSITORY}:{sha}`,
    });
    expect(written.status.message).toBe(`Deploying ${REPOSITORY}:${commit}, which is ${digest.slice(0, 19)}.`);
    expect(plane.runtime.ensured).toEqual([]);
    expect((await plane.settle(id)).status).toMatchObject({ phase: 'ready', canSleep: true });
    expect(lastDesired()?.image).toBe(`${REPOSITORY}@${digest}`);
    expect(images.asked).toEqual([{ image: `${REPOSITORY}:${commit}`, credential: 'ci:canary' }]);
  });

  it("is among Blueberry's constants, which no layer can change and everyone can see", async () => {
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, {
      values: { image: { repository: 'evil.example/x', pullPolicy: 'Always' }, asleep: true, replicas: 2 },
    });
    const { id, digest, commit } = await ready();
    const shown = await plane.environments.getValues(ADMINISTRATOR, id);
    expect(lastDesired()?.values).toEqual(shown.values);
    expect(shown.values).toEqual({
      image: { repository: REPOSITORY, tag: '', digest, pullPolicy: 'Always' },
      asleep: false,
      replicas: 2,
      secretEnv: { secretName: '' },
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
    const { id, digest, commit } = await ready();
    const moved = push(commit, 'built again');
    await plane.settle(id);
    await plane.environments.updateEnvironment(ADMINISTRATOR, id, { helm_values_override: { replicas: 3 } });
    const changed = await plane.settle(id);
    expect(changed).toMatchObject({ spec: { revision: 2 }, status: { phase: 'ready' } });
    expect(componentOf(changed).pinnedImage).toBe(`${REPOSITORY}@${digest}`);
    await plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await plane.settle(id);
    await plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    expect(componentOf(await plane.settle(id)).pinnedImage).toBe(`${REPOSITORY}@${digest}`);
    await plane.environments.redeployEnvironment(ADMINISTRATOR, id, { commit_sha: commit });
    expect(componentOf(await plane.read(id)).pinnedImage).toBeNull();
    expect(componentOf(await plane.settle(id)).pinnedImage).toBe(`${REPOSITORY}@${moved}`);
    expect(lastDesired()?.image).toBe(`${REPOSITORY}@${moved}`);
    expect(images.asked).toHaveLength(2);
  });

  it('shows in the values that it sleeps, and that it woke', async () => {
    const { id } = await ready();
    await plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await plane.settle(id);
    expect((await plane.environments.getValues(ADMINISTRATOR, id)).values).toMatchObject({ asleep: true });
    await plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    await plane.settle(id);
    expect((await plane.environments.getValues(ADMINISTRATOR, id)).values).toMatchObject({ asleep: false });
  });
});

describe('an image that has not been pushed', () => {
  it('is waited for, looked for with growing pauses however often something else happens, and deployed when it comes', async () => {
    const commit = await head();
    const id = await create();
    const pauses: number[] = [];
    for (let looks = 0; looks < 18; looks += 1) {
      const next = await plane.reconcile(id);
      expect((await plane.read(id)).status).toMatchObject({
        phase: 'pending',
        message: `Waiting for ${REPOSITORY}:${commit} to be pushed.`,
      });
      const asked = images.asked.length;
      await plane.reconcile(id);
      expect(images.asked).toHaveLength(asked);
      pauses.push(next?.afterMs ?? 0);
      await plane.clock.advance(next?.afterMs ?? 0);
    }
    expect(images.asked).toHaveLength(18);
    expect(pauses[0]).toBe(5_000);
    expect(pauses.toSorted((left, right) => left - right)).toEqual(pauses);
    expect(pauses.at(-1)).toBe(60_000);
    expect(plane.runtime.ensured).toEqual([]);
    push(commit);
    expect((await plane.settle(id)).status.phase).toBe('ready');
    expect(await reasons(id)).toEqual(['Ready', 'Deploying', 'WaitingForImage', 'Created']);
  });

  it('leaves alone what runs: it goes on answering, and is seen as it is', async () => {
    const { id, commit, digest } = await ready();
    const newer = await fixture.commit({ 'a.txt': '2' });
    await plane.environments.followBranch(ADMINISTRATOR, id, newer);
    const waiting = await plane.settle(id);
    expect(waiting.status).toMatchObject({
      phase: 'pending',
      message: `Waiting for ${REPOSITORY}:${newer} to be pushed.`,
      serving: { revision: 1, commit },
      sync: 'Synced',
      health: 'Healthy',
    });
    expect(await resolveTarget(plane.store, 'web')).toMatchObject({ kind: 'serving' });
    expect(lastDesired()?.image).toBe(`${REPOSITORY}@${digest}`);
    plane.runtime.progress = {
      step: 'waiting',
      reason: 'Restarting',
      message: 'It ended.',
      since: plane.clock.timestamp(),
    };
    expect((await plane.settle(id)).status).toMatchObject({ serving: null, health: 'Progressing' });
  });

  it('is not waited for any longer once there is a newer commit', async () => {
    const id = await create();
    await plane.settle(id);
    const newer = await fixture.commit({ 'a.txt': '2' });
    const digest = push(newer);
    await plane.environments.followBranch(ADMINISTRATOR, id, newer);
    const after = await plane.settle(id);
    expect(after.status.phase).toBe('ready');
    expect(componentOf(after)).toMatchObject({ commit: newer, pinnedImage: `${REPOSITORY}@${digest}` });
  });

  it('makes it failed after the deadline, at once then, and heals when it is pushed all the same', async () => {
    const commit = await head();
    const id = await create();
    const { afterMs } = await advanceTo(id, DEADLINE_MS - 1);
    expect((await plane.read(id)).status.phase).toBe('pending');
    expect(afterMs).toBe(1);
    await plane.clock.advance(1);
    const failed = await plane.settle(id);
    expect(failed.status).toMatchObject({
      phase: 'failed',
      message: `${REPOSITORY}:${commit} was not pushed within 10 minutes. Look at what CI says of this commit; Blueberry keeps looking, and deploys the image once it is pushed.`,
    });
    push(commit);
    await plane.clock.advance(60_000);
    expect((await plane.settle(id)).status.phase).toBe('ready');
    expect(await reasons(id)).toEqual(['Ready', 'Deploying', 'ImageNeverPushed', 'WaitingForImage', 'Created']);
  });

  it('gives way when the environment is deleted', async () => {
    const id = await create();
    await plane.settle(id);
    await plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    expect((await plane.settle(id)).status.phase).toBe('terminated');
  });

  it('goes on being waited for by another leader', async () => {
    const id = await create();
    await plane.settle(id);
    const successor = await plane.takeOver();
    const digest = push(await head());
    await plane.reconcile(id, successor);
    expect(componentOf(await plane.read(id)).pinnedImage).toBe(`${REPOSITORY}@${digest}`);
  });
});

/** Reconciles whenever it is asked for, until so much time has passed since the creation. */
async function advanceTo(id: string, milliseconds: number): Promise<{ afterMs: number }> {
  const end = plane.clock.now() + milliseconds;
  let next: NextLook = await plane.reconcile(id);
  while (plane.clock.now() < end) {
    await plane.clock.advance(Math.min(next?.afterMs ?? milliseconds, end - plane.clock.now()));
    next = await plane.reconcile(id);
  }
  return { afterMs: next?.afterMs ?? 0 };
}

describe('a registry in trouble', () => {
  it.each<[ImageFailureReason, reason: string]>([
    ['unreachable', 'RegistryUnreachable'],
    ['timed_out', 'RegistryUnreachable'],
    ['invalid_answer', 'RegistryUnreachable'],
    ['rate_limited', 'RegistryUnreachable'],
  ])('that is %s is tried again until the deadline, with the cause for all to see', async (trouble, reason) => {
    const commit = await head();
    images.trouble = new ImageFailure(trouble, 'ghcr.io does something');
    const id = await create();
    await advanceTo(id, DEADLINE_MS - 1);
    const cause = `${REPOSITORY}:${commit} can't be looked up: ghcr.io does something`;
    expect((await plane.read(id)).status).toMatchObject({ phase: 'pending', message: `${cause}. Trying again.` });
    await plane.clock.advance(1);
    const { status } = await plane.settle(id);
    expect(status).toMatchObject({ phase: 'failed', message: expect.stringContaining(cause) as string });
    expect(status.conditions.find(({ type }) => type === 'Deployed')?.reason).toBe(reason);
    images.trouble = null;
    push(commit);
    await plane.clock.advance(60_000);
    expect((await plane.settle(id)).status.phase).toBe('ready');
  });

  it.each<ImageFailureReason>(['unauthorized', 'forbidden'])(
    'that answers %s is believed after a minute, and asked again all the same',
    async (trouble) => {
      images.trouble = new ImageFailure(trouble, 'ghcr.io does not let in those without a credential');
      const id = await create();
      await advanceTo(id, 59_000);
      expect((await plane.read(id)).status.phase).toBe('pending');
      await plane.clock.advance(1_000);
      expect((await plane.settle(id)).status).toMatchObject({
        phase: 'failed',
        message: expect.stringMatching(
          /those without a credential\. Give the repository an `image_credential`/,
        ) as string,
      });
      images.trouble = null;
      push(await head());
      await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { image_credential: 'ci:newer' });
      await plane.clock.advance(60_000);
      expect((await plane.settle(id)).status.phase).toBe('ready');
      expect(images.asked.at(-1)?.credential).toBe('ci:newer');
    },
  );

  it('that may not be asked is a failure at once', async () => {
    images.trouble = new ImageFailure('not_allowed', 'inside leads to the private address 10.0.0.1');
    const id = await create();
    expect((await plane.settle(id)).status).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('ALLOWED_PRIVATE_REGISTRY_HOSTS') as string,
    });
  });

  it('is left alone for as long as it wants, within reason', async () => {
    images.trouble = new ImageFailure('rate_limited', 'ghcr.io takes no more requests', 120_000);
    const id = await create();
    expect((await plane.reconcile(id))?.afterMs).toBe(120_000);
    await plane.clock.advance(119_000);
    await plane.reconcile(id);
    expect(images.asked).toHaveLength(1);
    images.trouble = new ImageFailure('rate_limited', 'ghcr.io takes no more requests', 86_400_000);
    await plane.clock.advance(1_000);
    expect((await plane.reconcile(id))?.afterMs).toBeLessThanOrEqual(DEADLINE_MS);
    expect(images.asked).toHaveLength(2);
  });

  it('says what is wrong with Blueberry itself as nothing but that', async () => {
    images.resolve = () => Promise.reject(new TypeError('a mistake of ours'));
    const id = await create();
    await expect(plane.reconcile(id)).rejects.toThrow('a mistake of ours');
  });
});

describe('no image at all', () => {
  beforeEach(async () => {
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { image: null });
  });

  it('is a failure that says what to do, and heals when that was done', async () => {
    const id = await create();
    const failed = await plane.settle(id);
    expect(failed.status).toMatchObject({
      phase: 'failed',
      message: expect.stringMatching(/does not say which image it is\. Set `image` of the repository/) as string,
    });
    expect(images.asked).toEqual([]);
    push(await head());
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { image: `${REPOSITORY}:{sha}` });
    expect((await plane.settle(id)).status.phase).toBe('ready');
  });

  it('is no matter for a chart that brings its own', async () => {
    await fixture.commit({ 'blueberry.yaml': 'chart: deploy/chart\nenv: { A: "1" }\n' });
    const id = await create();
    expect((await plane.settle(id)).status.phase).toBe('ready');
    expect(lastDesired()).toMatchObject({ image: null, values: { env: { A: '1' } } });
    expect(lastDesired()?.values).not.toHaveProperty('blueberry');
    expect(images.asked).toEqual([]);
  });

  it('is one for a chart that says where it takes the image', async () => {
    await fixture.commit({ 'blueberry.yaml': 'chart: {path: c, image_values: {tag: tag}}\n' });
    const id = await create();
    expect((await plane.settle(id)).status.conditions).toContainEqual(expect.objectContaining({ reason: 'NoImage' }));
  });

  it('is what a stored template amounts to that names no tag', async () => {
    const found = await plane.repositories.getRepository(ADMINISTRATOR, repositoryId);
    const record = { ...found.record, image: 'ghcr.io/acme/web' };
    await plane.store.commit([{ op: 'put', kind: 'repository', id: repositoryId, record }], []);
    const id = await create();
    expect((await plane.settle(id)).status).toMatchObject({
      phase: 'failed',
      message: expect.stringContaining('must name a tag that your CI pushes for each commit') as string,
    });
  });
});

describe("a chart of the repository's own", () => {
  const withChart = (...more: string[]) =>
    fixture.commit({ 'blueberry.yaml': ['chart:', '  path: c', ...more, ''].join('\n') });

  it('gets the image where it takes it, and sleeps by its own values', async () => {
    await withChart('  image_values: {reference: web.image}', '  sleep_values: {replicaCount: 0}');
    const { id, digest } = await ready();
    expect(lastDesired()?.values).toEqual({ web: { image: `${REPOSITORY}@${digest}` } });
    await plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    expect(await plane.settle(id)).toMatchObject({ spec: { asleep: true }, status: { phase: 'ready' } });
    expect(lastDesired()?.values).toEqual({ web: { image: `${REPOSITORY}@${digest}` }, replicaCount: 0 });
    await plane.environments.wakeEnvironment(ADMINISTRATOR, id);
    await plane.settle(id);
    expect(lastDesired()?.values).not.toHaveProperty('replicaCount');
  });

  it('that does not say how it sleeps does not, whoever asks', async () => {
    await withChart();
    const { id } = await ready();
    expect((await plane.read(id)).status.canSleep).toBe(false);
    await expect(plane.environments.sleepEnvironment(ADMINISTRATOR, id)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'cannot_sleep',
      message: expect.stringContaining('chart.sleep_values in blueberry.yaml') as string,
    });
    const idle = { ...plane.context, settings: { ...plane.context.settings, idleSleepMs: 60_000 } };
    await plane.clock.advance(120_000);
    await plane.reconcile(id, idle);
    expect((await plane.read(id)).spec.asleep).toBe(false);
  });

  it('that can not sleep any more wakes what sleeps', async () => {
    const { id } = await ready();
    await plane.environments.sleepEnvironment(ADMINISTRATOR, id);
    await plane.settle(id);
    push(await withChart());
    await plane.environments.followBranch(ADMINISTRATOR, id, await head());
    expect(await plane.settle(id)).toMatchObject({
      spec: { asleep: false },
      status: { phase: 'ready', canSleep: false },
    });
    expect(plane.runtime.ensured.filter(({ revision }) => revision === 2).every(({ asleep }) => !asleep)).toBe(true);
    expect(await reasons(id)).toContain('Woken');
  });
});

describe('the credential of a registry', () => {
  it('is kept sealed, shown nowhere, replaced and forgotten', async () => {
    const sealedOf = async () =>
      (await plane.repositories.getRepository(ADMINISTRATOR, repositoryId)).record.sealedImageCredential;
    const { id } = await ready();
    const first = await sealedOf();
    expect(first).not.toContain('canary');
    expect(JSON.stringify([await plane.read(id), lastDesired()])).not.toContain('canary');
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { name: 'other' });
    expect(await sealedOf()).toBe(first);
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { image_credential: 'ci:newer' });
    expect(await sealedOf()).not.toBe(first);
    await plane.repositories.updateRepository(ADMINISTRATOR, repositoryId, { image_credential: null });
    expect(await sealedOf()).toBeNull();
  });
});
