import { afterEach, describe, expect, it } from 'vitest';
import { createBuildQueue, type BuildQueue } from '../../../src/adapters/local-process/build-queue.ts';
import { newKey } from '../../contract/environment-runtime.stage.ts';
import { createLocalStage, type LocalStage } from '../../support/local-stage.ts';

const never = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Taker {
  readonly name: string;
  readonly positions: number[];
  readonly leave: () => void;
  readonly giveBack: () => void;
}

/** Takers of one queue, who note who has begun. */
function takersOf(queue: BuildQueue): { readonly begun: string[]; readonly take: (name: string) => Taker } {
  const begun: string[] = [];
  return {
    begun,
    take(name) {
      const control = new AbortController();
      const positions: number[] = [];
      let giveBack: (() => void) | null = null;
      queue
        .takeSlot(control.signal, (position) => positions.push(position))
        .then(
          (given) => {
            giveBack = given;
            begun.push(name);
          },
          () => begun.push(`${name} left`),
        );
      return {
        name,
        positions,
        leave: () => {
          control.abort();
        },
        giveBack: () => {
          giveBack?.();
        },
      };
    },
  };
}

describe('a build queue', () => {
  it('gives so many slots at once, then one for each that is given back, in the order of coming', async () => {
    const { begun, take } = takersOf(createBuildQueue(2));
    const [a, b, c, d] = [take('a'), take('b'), take('c'), take('d')];
    await settled();
    expect(begun).toEqual(['a', 'b']);
    b.giveBack();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    a.giveBack();
    c.giveBack();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    d.giveBack();
    take('e');
    take('f');
    take('g');
    await settled();
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('tells each its place whenever that changes, and nothing when there is no wait', async () => {
    const { begun, take } = takersOf(createBuildQueue(1));
    const [a, b, c, d] = [take('a'), take('b'), take('c'), take('d')];
    await settled();
    a.giveBack();
    await settled();
    c.leave();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c left']);
    expect([a, b, c, d].map(({ positions }) => positions)).toEqual([[], [1], [2, 1], [3, 2, 1]]);
  });

  it('counts a slot that is given back twice once', async () => {
    const { begun, take } = takersOf(createBuildQueue(1));
    const a = take('a');
    take('b');
    take('c');
    await settled();
    a.giveBack();
    a.giveBack();
    await settled();
    expect(begun).toEqual(['a', 'b']);
  });

  it('keeps no slot for who has left, or left before he came', async () => {
    const queue = createBuildQueue(1);
    const giveBack = await queue.takeSlot(never, () => undefined);
    const { begun, take } = takersOf(queue);
    const waiting = take('waiting');
    waiting.leave();
    await settled();
    giveBack();
    const gone = AbortSignal.abort(new Error('gone'));
    await expect((async () => queue.takeSlot(gone, () => undefined))()).rejects.toThrow('gone');
    take('next');
    await settled();
    expect(begun).toEqual(['waiting left', 'next']);
  });
});

describe('builds of environments', () => {
  let stage: LocalStage;
  afterEach(() => stage.dispose());

  const app = (build: string): Record<string, string> => ({
    'blueberry.yaml': `build: ${build}\nrun: exec node s.js\n`,
    's.js': `require('node:http').createServer((q, s) => s.end(${JSON.stringify(build)})).listen(process.env.PORT, '127.0.0.1');`,
  });

  it('are no more at once than they may, tell their place, and give it away to the newest commit', async () => {
    stage = await createLocalStage({ limits: { concurrentBuilds: 1 } });
    const [second, third] = [newKey('second'), newKey('third')];
    await stage.putFiles(app('sleep 4711'));
    await stage.until('building', ({ progress }) => progress?.step === 'waiting' && progress.reason === 'Building');
    await stage.putFiles(app('echo second'), { key: second });
    await stage.until('1st in the queue', placed('1st'), second);
    await stage.putFiles(app('echo third'), { key: third });
    await stage.until('2nd in the queue', placed('2nd'), third);
    expect((await stage.runtime.observe(second)).serving).toBeNull();
    // The build of the first commit is of no use any more.
    await stage.putFiles(app('echo newest'), { revision: 2 });
    await stage.untilServing(2);
    await stage.untilServing(1, second);
    await stage.untilServing(1, third);
    expect((await stage.ask()).body).toBe('echo newest');
    const processes = (await stage.harness.leftovers()).filter((name) => name.startsWith('worktree'));
    expect(processes).toHaveLength(3);
  });

  function placed(place: string): Parameters<LocalStage['until']>[1] {
    return ({ progress }) =>
      progress?.step === 'waiting' &&
      progress.reason === 'WaitingForBuildSlot' &&
      progress.message === `Waiting for a build slot: ${place} in the queue.`;
  }
});
