import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createWorkQueue, type NextLook } from '../../src/controllers/work-queue.ts';
import { steppedClock } from '../support/stepped-clock.ts';

function queueOf(work: (key: string) => Promise<NextLook>, concurrency = 2) {
  const clock = steppedClock();
  const errors: string[] = [];
  const queue = createWorkQueue({ clock, concurrency, work, onError: (key) => errors.push(key) });
  return { clock, errors, queue };
}

describe('work queue', () => {
  it('never works on one key twice at a time, and looks once more after a hint that came meanwhile', async () => {
    let running = 0;
    let most = 0;
    let looks = 0;
    const { queue } = queueOf(async () => {
      running += 1;
      most = Math.max(most, running);
      looks += 1;
      await sleep(5);
      running -= 1;
      return null;
    });
    for (let hint = 0; hint < 20; hint += 1) queue.add('one');
    await sleep(2);
    for (let hint = 0; hint < 20; hint += 1) queue.add('one');
    await sleep(30);
    expect(most).toBe(1);
    expect(looks).toBe(2);
  });

  it('works on different keys at once, up to its concurrency', async () => {
    let running = 0;
    let most = 0;
    const { queue } = queueOf(async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
      return null;
    }, 3);
    for (let key = 0; key < 10; key += 1) queue.add(String(key));
    await sleep(60);
    expect(most).toBe(3);
    expect(queue.size).toBe(0);
  });

  it('looks again when asked to, and the earliest plan counts', async () => {
    const looks: number[] = [];
    const { queue, clock } = queueOf(() => {
      looks.push(clock.now());
      return Promise.resolve(null);
    });
    queue.add('one', 5_000);
    queue.add('one', 1_000);
    queue.add('one', 9_000);
    await clock.advance(999);
    expect(looks).toHaveLength(0);
    await clock.advance(1);
    expect(looks).toHaveLength(1);
    await clock.advance(20_000);
    expect(looks).toHaveLength(1);
  });

  it('tries a failing key again, later and later, and forgets that when it works', async () => {
    let fail = true;
    const looks: number[] = [];
    const { queue, clock, errors } = queueOf(() => {
      looks.push(clock.now());
      return fail ? Promise.reject(new Error('no')) : Promise.resolve(null);
    });
    queue.add('one');
    await clock.advance(0);
    await clock.advance(100);
    await clock.advance(200);
    await clock.advance(400);
    expect(looks.map((at) => at - (looks[0] ?? 0))).toEqual([0, 100, 300, 700]);
    expect(errors).toHaveLength(4);
    fail = false;
    await clock.advance(800);
    expect(looks).toHaveLength(5);
    await clock.advance(60_000);
    expect(looks).toHaveLength(5);
  });

  it('drains: what is worked on ends, nothing else begins', async () => {
    const worked: string[] = [];
    const { queue } = queueOf(async (key) => {
      await sleep(10);
      worked.push(key);
      return { afterMs: 1 };
    }, 1);
    queue.add('first');
    queue.add('second');
    await queue.drain();
    queue.add('third');
    await sleep(30);
    expect(worked).toEqual(['first']);
  });
});
