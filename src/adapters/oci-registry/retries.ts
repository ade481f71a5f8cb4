import { ImageFailure } from '../../core/image-failure.ts';
import type { Clock } from '../../ports/clock.ts';

interface RetryWithin {
  readonly clock: Clock;
  /** No pause goes beyond it. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
}

const ATTEMPTS = 4;
const PAUSE_MS = 250;

/** Does it again after what may pass by itself, with pauses that double, and as long as the registry asks for. */
export async function withRetries<T>({ clock, until, signal }: RetryWithin, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ImageFailure) || !mayPass(error) || attempt >= ATTEMPTS) throw error;
      // Half of it is chance, so that those who failed together do not come back together.
      const backoff = PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      const pause = Math.max(backoff, error.retryAfterMs ?? 0);
      if (clock.now() + pause >= until) throw error;
      await clock.sleep(pause, signal);
    }
  }
}

function mayPass({ reason, retryAfterMs }: ImageFailure): boolean {
  return reason === 'unreachable' || reason === 'timed_out' || (reason === 'rate_limited' && retryAfterMs !== null);
}
