import type { Clock } from '../../ports/clock.ts';

/** Longer delays make a timer of Node.js fire at once, so they are taken in parts. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export function createSystemClock(): Clock {
  function schedule(milliseconds: number, callback: () => void): () => void {
    const dueAt = Date.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const remaining = dueAt - Date.now();
      timer = setTimeout(remaining > TIMER_MAX_MS ? arm : callback, Math.min(TIMER_MAX_MS, Math.max(0, remaining)));
    };
    arm();
    return () => {
      clearTimeout(timer);
    };
  }

  return {
    now: () => Date.now(),
    timestamp: () => new Date().toISOString(),
    schedule,
    sleep(milliseconds, signal) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          cancel();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const cancel = schedule(milliseconds, done);
        signal?.addEventListener('abort', done, { once: true });
      });
    },
  };
}
