import { beforeEach, describe, expect, it } from 'vitest';
import { createBackgroundTasks } from '../../src/controllers/background-tasks.ts';
import { createImageLookups, type ImageLookup, type ImageLookups } from '../../src/controllers/image-lookups.ts';
import { parseImageReference } from '../../src/core/image-reference.ts';
import type { ImageResolver } from '../../src/ports/image-resolver.ts';
import { sampleDigest } from '../support/scripted-images.ts';
import { steppedClock, type SteppedClock } from '../support/stepped-clock.ts';

const PATIENCE_MS = 400;
const DIGEST = sampleDigest('web');

interface Call {
  readonly signal: AbortSignal;
  readonly answer: (digest: string | null) => void;
}

describe('a registry that takes its time', () => {
  let clock: SteppedClock;
  let calls: Call[];
  let hinted: string[];
  let lookups: ImageLookups;

  beforeEach(() => {
    clock = steppedClock();
    calls = [];
    hinted = [];
    const images: ImageResolver = {
      resolve: (_reference, _credential, signal) =>
        new Promise((resolve) => {
          if (!signal) throw new Error('It must be possible to call it off.');
          calls.push({ signal, answer: resolve });
        }),
    };
    const tasks = createBackgroundTasks<string | null>(clock, PATIENCE_MS, (key) => hinted.push(key));
    lookups = createImageLookups(images, clock, tasks);
  });

  async function ask(tag: string, waitedMs = 0, revision = 1): Promise<ImageLookup> {
    const { reference } = parseImageReference(`ghcr.io/acme/web:${tag}`);
    if (!reference) throw new Error(tag);
    const asking = lookups.ask('env_1', { revision, reference, credential: null, waitedMs });
    await clock.advance(PATIENCE_MS);
    return asking;
  }

  it('is not waited for, and brings the environment back when it has answered', async () => {
    expect(await ask('v1')).toEqual({ answer: { kind: 'asking' }, againInMs: null });
    expect(await ask('v1')).toEqual({ answer: { kind: 'asking' }, againInMs: null });
    expect(calls).toHaveLength(1);
    expect(hinted).toEqual([]);
    calls[0]?.answer(DIGEST);
    await clock.advance(0);
    expect(hinted).toEqual(['env_1']);
    expect((await ask('v1')).answer).toEqual({ kind: 'found', digest: DIGEST });
  });

  it('leaves standing what it said before, until it has said something else', async () => {
    await ask('v1');
    calls[0]?.answer(null);
    await clock.advance(0);
    expect((await ask('v1')).answer).toEqual({ kind: 'absent' });
    await clock.advance(60_000);
    expect(await ask('v1')).toEqual({ answer: { kind: 'absent' }, againInMs: null });
    expect(calls).toHaveLength(2);
  });

  it('is called off when another image is wanted, or none any more', async () => {
    await ask('v1');
    await ask('v2');
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    lookups.cancel('env_1');
    expect(calls[1]?.signal.aborted).toBe(true);
    await ask('v3');
    lookups.cancelAll();
    expect(calls[2]?.signal.aborted).toBe(true);
  });

  it('is asked anew by another revision that wants the same, without a pause', async () => {
    await ask('v1');
    calls[0]?.answer(null);
    await clock.advance(0);
    await ask('v1');
    await ask('v1', 0, 2);
    expect(calls).toHaveLength(2);
  });
});
