import { expect } from 'vitest';
import type { NextLook } from '../../src/controllers/work-queue.ts';
import type { DesiredComponent } from '../../src/ports/environment-runtime.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { createGitFixture, type GitFixture } from './git-fixture.ts';
import { createScriptedImages, sampleDigest, type ScriptedImages } from './scripted-images.ts';

/** The repository whose images the tests are about, on its registry. */
export const IMAGES = 'ghcr.io/acme/web';
export const DEADLINE_MS = 600_000;

/** A control plane whose runtime deploys images, with one connected repository of which CI pushes one for each commit. */
export interface ImagePlane {
  readonly plane: ControlPlane;
  readonly images: ScriptedImages;
  readonly fixture: GitFixture;
  readonly repositoryId: string;
  create(): Promise<string>;
  head(): Promise<string>;
  /** What CI does. Returns the digest. */
  push(tag: string, content?: string): string;
  /** An environment of the newest commit, with its image. */
  ready(): Promise<{ readonly id: string; readonly digest: string; readonly commit: string }>;
  /** What the branch watcher does when it sees this commit. */
  follow(id: string, commit: string): Promise<void>;
  /** Reconciles whenever it is asked for, until so much time has passed; returns what is asked for at the end. */
  pass(id: string, milliseconds: number): Promise<NextLook>;
  /** What the runtime was told last. */
  told(): DesiredComponent | undefined;
  /** Reasons of the history, newest first. */
  history(id: string): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

export async function createImagePlane(options: Pick<ControlPlaneOptions, 'patience'> = {}): Promise<ImagePlane> {
  const images = createScriptedImages();
  const plane = await createControlPlane({ ...options, images, settings: { deployDeadlineMs: DEADLINE_MS } });
  const fixture = await createGitFixture({ Dockerfile: 'FROM scratch\n' });
  const repository = await plane.repositories.createRepository(ADMINISTRATOR, {
    url: fixture.path,
    path: '',
    image: `${IMAGES}:{sha}`,
    image_credential: 'ci:canary',
  });
  const stage: ImagePlane = {
    plane,
    images,
    fixture,
    repositoryId: repository.id,
    async create() {
      const input = { name: 'web', repository_id: repository.id, branch: 'main', ttl_hours: 72 };
      const source = { kind: 'manual', fork: false } as const;
      return (await plane.environments.createEnvironment(ADMINISTRATOR, input, source)).id;
    },
    head: () => fixture.git('rev-parse', 'HEAD'),
    push(tag, content = tag) {
      const digest = sampleDigest(content);
      images.pushed.set(`${IMAGES}:${tag}`, digest);
      return digest;
    },
    async ready() {
      const commit = await stage.head();
      const digest = stage.push(commit);
      const id = await stage.create();
      expect((await plane.settle(id)).status.phase).toBe('ready');
      return { id, digest, commit };
    },
    async follow(id, commit) {
      const from = (await plane.read(id)).spec.components[0].branchHead;
      if (from === null) throw new Error(`${id} has not been resolved yet`);
      await plane.environments.followBranch(ADMINISTRATOR, id, { from, to: commit });
    },
    async pass(id, milliseconds) {
      const end = plane.clock.now() + milliseconds;
      let next = await plane.reconcile(id);
      while (plane.clock.now() < end) {
        await plane.clock.advance(Math.min(next?.afterMs ?? milliseconds, end - plane.clock.now()));
        next = await plane.reconcile(id);
      }
      return next;
    },
    told: () => plane.runtime.ensured.at(-1)?.components[0],
    async history(id) {
      const { items } = await plane.environments.listEvents(ADMINISTRATOR, id, { limit: 50 });
      return items.map(({ record }) => record.reason);
    },
    async dispose() {
      await plane.dispose();
      await fixture.dispose();
    },
  };
  return stage;
}
