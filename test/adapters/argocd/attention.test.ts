import { describe, expect, it } from 'vitest';
import { createAttention } from '../../../src/adapters/argocd/attention.ts';
import { diagnose } from '../../../src/core/diagnosis.ts';
import type { RuntimeProgress } from '../../../src/ports/environment-runtime.ts';
import { steppedClock, type SteppedClock } from '../../support/stepped-clock.ts';

const starting: RuntimeProgress = { step: 'waiting', reason: 'Starting', message: 'Starting.', since: '' };
const probing: RuntimeProgress = { ...starting, reason: 'ProbingUrl' };
const failed: RuntimeProgress = { step: 'failed', diagnosis: diagnose('Crashed', 'it crashed') };

/** An attention whose environments are seen as `seen` says at each look, and when each was looked at. */
function watched(clock: SteppedClock, seen: (id: string) => RuntimeProgress) {
  const attention = createAttention(clock);
  const begun = clock.now();
  const looks = new Map<string, number[]>();
  attention.watch((id) => {
    looks.set(id, [...(looks.get(id) ?? []), clock.now() - begun]);
    attention.give(id, seen(id));
  });
  return { attention, looksAt: (id: string) => looks.get(id) ?? [] };
}

describe('the attention that environments are given', () => {
  it('is less and less while nothing changes, and never ends', async () => {
    const clock = steppedClock();
    const { attention, looksAt } = watched(clock, () => starting);
    attention.give('env_1', starting);
    await clock.advance(60_000);
    expect(looksAt('env_1').slice(0, 4)).toEqual([1_000, 2_500, 4_750, 8_125]);
    const [last = 0, before = 0] = looksAt('env_1').toReversed();
    expect(last - before).toBe(10_000);
    attention.close();
  });

  it('begins anew with a change in the cluster, and with another cause to wait', async () => {
    const clock = steppedClock();
    let seen = starting;
    const { attention, looksAt } = watched(clock, () => seen);
    attention.give('env_1', starting);
    await clock.advance(30_000);
    attention.hint('env_1');
    await clock.advance(1_000);
    expect(looksAt('env_1').slice(-2)).toEqual([30_000, 31_000]);
    seen = probing;
    await clock.advance(1_500 + 1_000);
    expect(looksAt('env_1').slice(-2)).toEqual([32_500, 33_500]);
    attention.close();
  });

  it('is not put off by who looks meanwhile', async () => {
    const clock = steppedClock();
    const { attention, looksAt } = watched(clock, () => starting);
    attention.give('env_1', starting);
    await clock.advance(900);
    attention.give('env_1', starting);
    await clock.advance(100);
    expect(looksAt('env_1')).toEqual([1_000]);
    attention.close();
  });

  it('is less for what has failed, and none for what is well', async () => {
    const clock = steppedClock();
    const { attention, looksAt } = watched(clock, (id) => (id === 'env_well' ? { step: 'running' } : failed));
    attention.give('env_failed', failed);
    attention.give('env_well', starting);
    await clock.advance(10_000);
    expect(looksAt('env_failed')).toEqual([5_000]);
    expect(looksAt('env_well')).toEqual([1_000]);
    attention.close();
  });

  it('is shared out among many, but for those of which there is news', async () => {
    const clock = steppedClock();
    const { attention, looksAt } = watched(clock, () => starting);
    const many = Array.from({ length: 2_000 }, (_, index) => `env_${index}`);
    for (const id of many) attention.give(id, starting);
    await clock.advance(60_000);
    const before = many.reduce((sum, id) => sum + looksAt(id).length, 0);
    attention.hint('env_7');
    await clock.advance(50_000);
    const after = many.reduce((sum, id) => sum + looksAt(id).length, 0);
    expect(after - before).toBeLessThanOrEqual(40 * 50 + 10);
    expect(looksAt('env_7').slice(-4, -1)).toEqual([60_000, 61_000, 62_500]);
    attention.close();
  });
});
