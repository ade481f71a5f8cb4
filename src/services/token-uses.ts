import type { ApiToken } from '../core/records.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Versioned } from '../ports/environment-store.ts';
import type { Log } from '../ports/log.ts';
import { put, unchanged } from './unit-of-work.ts';

/** Notes when API tokens are used. */
export interface TokenUses {
  /** Writes it down behind the back of the request, which neither waits nor fails for it. */
  note(token: Versioned<ApiToken>): void;
}

/** A token's last use is kept to this precision, so that using it does not mean writing. */
const PRECISION_MS = 60_000;

export interface TokenUsesParts {
  readonly store: EnvironmentStore;
  readonly clock: Clock;
  readonly log: Log;
}

export function createTokenUses({ store, clock, log }: TokenUsesParts): TokenUses {
  /** When the last use was noted by this process, by the token's id; the oldest first. */
  const noted = new Map<string, number>();

  function forgetBefore(time: number): void {
    for (const [id, at] of noted) {
      if (at > time) return;
      noted.delete(id);
    }
  }

  async function write(token: Versioned<ApiToken>, at: string): Promise<void> {
    try {
      // On the condition that it is still as it was let in. Otherwise it is being revoked, or has gone.
      await store.commit([put('token_use', token.id, { at })], [unchanged('api_token', token.id, token)]);
    } catch (error) {
      log.warn(
        { token: token.id, error: String(error) },
        'The use of an API token could not be noted; the next one will be.',
      );
    }
  }

  return {
    note(token) {
      const now = clock.now();
      forgetBefore(now - PRECISION_MS);
      if (noted.has(token.id)) return;
      noted.set(token.id, now);
      void write(token, clock.timestamp());
    },
  };
}
