import { Failure } from '../core/errors.ts';
import { SYSTEM_ACTOR } from '../core/permissions.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { EnvironmentService } from '../services/environment-service.ts';
import { resolveTarget, type PreviewTarget } from './preview-target.ts';

/** Wakes what is asleep, and lets those who came for it wait. */
export interface Waker {
  /** Asks for it to wake; any number of visitors at once ask once. */
  wake(environmentId: string): Promise<void>;
  /**
   * Resolves as soon as the name leads to something that serves, or will not for now (failed, gone), and at the latest
   * after `timeoutMs` or when `signal` aborts: then with what there is.
   */
  whenServing(name: string, timeoutMs: number, signal: AbortSignal): Promise<PreviewTarget>;
}

export interface WakerParts {
  readonly store: EnvironmentStore;
  readonly environments: Pick<EnvironmentService, 'wakeEnvironment'>;
  readonly clock: Clock;
}

/** How often a name is looked at that visitors wait for; all of them share the look. */
const LOOK_MS = 50;
const UNSETTLED: ReadonlySet<PreviewTarget['kind']> = new Set(['asleep', 'waking', 'waiting']);

export function createWaker({ store, environments, clock }: WakerParts): Waker {
  const waking = new Map<string, Promise<void>>();
  const looks = new Map<string, Promise<PreviewTarget>>();

  async function askToWake(environmentId: string): Promise<void> {
    try {
      await environments.wakeEnvironment(SYSTEM_ACTOR, environmentId, 'Woken by a visit.');
    } catch (error) {
      // It has been deleted meanwhile: whoever looks again sees that.
      if (!(error instanceof Failure) || (error.kind !== 'conflict' && error.kind !== 'not_found')) throw error;
    }
  }

  function nextLook(name: string): Promise<PreviewTarget> {
    let look = looks.get(name);
    if (!look) {
      look = clock
        .sleep(LOOK_MS)
        .then(() => resolveTarget(store, name))
        .finally(() => looks.delete(name));
      looks.set(name, look);
    }
    return look;
  }

  return {
    wake(environmentId) {
      let asking = waking.get(environmentId);
      if (!asking) {
        asking = askToWake(environmentId).finally(() => waking.delete(environmentId));
        waking.set(environmentId, asking);
      }
      return asking;
    },
    async whenServing(name, timeoutMs, signal) {
      const until = clock.now() + timeoutMs;
      for (;;) {
        const target = await nextLook(name);
        if (!UNSETTLED.has(target.kind) || signal.aborted || clock.now() >= until) return target;
      }
    },
  };
}
