import { Failure } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { RateLimits } from './parts.ts';

export interface WriteLimiter {
  /** Counts one write of a principal; fails when there were too many in this minute. */
  count(principal: string): void;
}

export interface SignInLimiter {
  /** Counts one attempt to show who one is; fails when the address or the e-mail address had too many in this minute. */
  count(address: string, email: string | null): void;
}

const WINDOW_MS = 60_000;
/** Beyond this many principals in one minute the oldest are forgotten, so that memory is bounded. */
const MAX_KEYS = 50_000;

export function createWriteLimiter(clock: Clock, { writesPerMinute }: RateLimits): WriteLimiter {
  const window = createWindow(clock, writesPerMinute);
  return {
    count(principal) {
      window.count(principal, 'You change things faster than is allowed.');
    },
  };
}

export function createSignInLimiter(clock: Clock, { signInsPerMinute }: RateLimits): SignInLimiter {
  const window = createWindow(clock, signInsPerMinute);
  return {
    count(address, email) {
      const message = 'There were too many attempts with a password or a link.';
      window.count(`address:${address}`, message);
      if (email !== null) window.count(`email:${email.trim().toLowerCase()}`, message);
    },
  };
}

/** Counts by key in windows of one minute that begin with the first count. */
function createWindow(clock: Clock, limit: number): { count(key: string, message: string): void } {
  const windows = new Map<string, { readonly endsAt: number; count: number }>();

  function open(key: string, now: number): { readonly endsAt: number; count: number } {
    windows.delete(key);
    for (const [oldest, { endsAt }] of windows) {
      if (endsAt > now && windows.size < MAX_KEYS) break;
      windows.delete(oldest);
    }
    const window = { endsAt: now + WINDOW_MS, count: 0 };
    windows.set(key, window);
    return window;
  }

  return {
    count(key, message) {
      const now = clock.now();
      const known = windows.get(key);
      const window = known && known.endsAt > now ? known : open(key, now);
      window.count += 1;
      if (window.count <= limit) return;
      const seconds = Math.ceil((window.endsAt - now) / 1000);
      throw new Failure('too_many', `${message} Wait ${String(seconds)} seconds, then try again.`, {
        retryAfterSeconds: seconds,
      });
    },
  };
}
