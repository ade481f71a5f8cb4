import type { Clock } from '../../ports/clock.ts';

/** Node.js fires timers with a longer delay at once (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createSystemClock(): Clock {
  /**
   * Measured by the monotonic clock: setting the machine's time makes no timer early or late. It stands still while the
   * machine is suspended: what is due by the wall clock has to be looked at again now and then.
   */
  function schedule(milliseconds: number, callback: () => void): () => void {
    const end = performance.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = Math.max(0, Math.ceil(end - performance.now()));
      timer = setTimeout(next, Math.min(left, LONGEST_TIMER_MS));
    };
    // Long waits come in pieces, and a timer may fire up to a millisecond early.
    const next = (): void => {
      if (performance.now() < end) wait();
      else callback();
    };
    wait();
    return () => clearTimeout(timer);
  }

  return {
    now: () => Date.now(),
    timestamp: () => new Date().toISOString(),
    schedule,
    sleep(milliseconds, signal) {
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          cancel();
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const cancel = schedule(milliseconds, wake);
        signal?.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
