import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.ts';

export interface SteppedClock extends Clock {
  /** Lets so much time pass, firing what falls due in order, and lets what was fired go on. */
  advance(milliseconds: number): Promise<void>;
  /** So much time passes while the machine is suspended: no timer comes nearer. */
  suspend(milliseconds: number): void;
}

/** A clock that stands still until it is told to go on. */
export function steppedClock(startMs = Date.UTC(2030, 0, 1)): SteppedClock {
  let now = startMs;
  let timers: { dueAt: number; readonly fire: () => void }[] = [];

  function schedule(milliseconds: number, callback: () => void): () => void {
    const timer = { dueAt: now + milliseconds, fire: callback };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  }

  async function settle(): Promise<void> {
    for (let turns = 0; turns < 10; turns += 1) await turn();
  }

  return {
    now: () => now,
    timestamp: () => new Date(now).toISOString(),
    schedule,
    sleep(milliseconds, signal) {
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const cancel = schedule(milliseconds, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          resolve();
        });
      });
    },
    suspend(milliseconds) {
      now += milliseconds;
      for (const timer of timers) timer.dueAt += milliseconds;
    },
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      for (;;) {
        const next = timers.filter(({ dueAt }) => dueAt <= until).sort((left, right) => left.dueAt - right.dueAt)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = next.dueAt;
        next.fire();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}
