import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/ports/clock.ts';

export interface ClockHarness {
  readonly clock: Clock;
  /** Lets so much of this clock's time pass. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

/** What every Clock keeps to, the ones of the tests included. */
export function describeClockContract(name: string, makeHarness: () => ClockHarness): void {
  describe(`Clock contract: ${name}`, () => {
    it('tells the same time in both forms', () => {
      const { clock } = makeHarness();
      const before = clock.now();
      const timestamp = clock.timestamp();
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(timestamp)).toBeLessThanOrEqual(clock.now());
    });

    it('calls back once, not before its time', async () => {
      const { clock, pass } = makeHarness();
      const calls: number[] = [];
      const start = clock.now();
      clock.schedule(100, () => calls.push(clock.now() - start));
      expect(calls).toEqual([]);
      await pass(60);
      expect(calls).toEqual([]);
      await pass(100);
      expect(calls).toHaveLength(1);
      expect(calls[0]).toBeGreaterThanOrEqual(99);
      await pass(200);
      expect(calls).toHaveLength(1);
    });

    it('never calls back from within `schedule`, and soon when the time has passed already', async () => {
      const { clock, pass } = makeHarness();
      for (const milliseconds of [0, -5]) {
        let called = false;
        clock.schedule(milliseconds, () => {
          called = true;
        });
        expect(called).toBe(false);
        await pass(20);
        expect(called).toBe(true);
      }
    });

    it('does not call back once that was cancelled', async () => {
      const { clock, pass } = makeHarness();
      let called = false;
      const cancel = clock.schedule(20, () => {
        called = true;
      });
      cancel();
      cancel();
      await pass(60);
      expect(called).toBe(false);
    });

    it('waits longer than a timer of Node.js can', async () => {
      const { clock, pass } = makeHarness();
      let called = false;
      const cancels = [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 90 * 86_400_000, Number.MAX_SAFE_INTEGER].map(
        (milliseconds) =>
          clock.schedule(milliseconds, () => {
            called = true;
          }),
      );
      await pass(100);
      expect(called).toBe(false);
      for (const cancel of cancels) cancel();
    });

    it('sleeps until the time has come, or the signal aborts', async () => {
      const { clock, pass } = makeHarness();
      const ended: string[] = [];
      const stop = new AbortController();
      const sleeps = [
        clock.sleep(30).then(() => ended.push('short')),
        clock.sleep(60_000, stop.signal).then(() => ended.push('aborted')),
        clock.sleep(60_000, AbortSignal.abort()).then(() => ended.push('at once')),
      ];
      await pass(60);
      expect(ended).toEqual(['at once', 'short']);
      stop.abort();
      await Promise.all(sleeps);
      expect(ended).toEqual(['at once', 'short', 'aborted']);
    });
  });
}
