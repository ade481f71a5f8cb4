import type { Clock } from '../../ports/clock.ts';
import type { RuntimeProgress } from '../../ports/environment-runtime.ts';

/** Hints to those who watch, by themselves for what needs to be looked at again and again. */
export interface Attention {
  /** Plans the next look at an environment by how it was seen just now; what is well needs none. */
  give(environmentId: string, progress: RuntimeProgress | null): void;
  end(environmentId: string): void;
  /** Something about it has changed: it is to be looked at now, and soon again. */
  hint(environmentId: string): void;
  watch(listener: (environmentId: string) => void): () => void;
  close(): void;
}

interface Pause {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The longer nothing has changed, the less likely it is to change at any moment. */
const GROWTH = 1.5;
const WAITING: Pause = { firstMs: 1_000, longestMs: 10_000 };
const FAILED: Pause = { firstMs: 5_000, longestMs: 30_000 };
/** Looks after a change that are not put off for anybody: within them a hold time ends, and a new URL begins to answer. */
const PROMPT_LOOKS = 3;
/** Many at a time are looked at less often each, so that all together stay below so many looks a second. */
const LOOKS_PER_SECOND = 40;

interface Plan {
  /** What was seen, as far as it counts as a change. */
  readonly state: string;
  /** Looks that have shown the same. */
  readonly looks: number;
  /** Null while the look is under way. */
  cancel: (() => void) | null;
}

export function createAttention(clock: Clock): Attention {
  const listeners = new Set<(environmentId: string) => void>();
  const plans = new Map<string, Plan>();

  function tell(environmentId: string): void {
    for (const listener of listeners) listener(environmentId);
  }

  function end(environmentId: string): void {
    plans.get(environmentId)?.cancel?.();
    plans.delete(environmentId);
  }

  function pauseMs({ firstMs, longestMs }: Pause, looks: number): number {
    const growing = Math.min(longestMs, firstMs * GROWTH ** looks);
    return looks < PROMPT_LOOKS ? growing : Math.max(growing, (plans.size * 1_000) / LOOKS_PER_SECOND);
  }

  return {
    give(environmentId, progress) {
      if (progress === null || progress.step === 'running' || progress.step === 'asleep') {
        end(environmentId);
        return;
      }
      const state = progress.step === 'waiting' ? progress.reason : progress.diagnosis.reason;
      const before = plans.get(environmentId);
      const isSame = before?.state === state;
      // Whoever looks for another reason does not put off the look that is planned.
      if (isSame && before.cancel !== null) return;
      end(environmentId);
      const plan: Plan = { state, looks: isSame ? before.looks + 1 : 0, cancel: null };
      plans.set(environmentId, plan);
      plan.cancel = clock.schedule(pauseMs(progress.step === 'waiting' ? WAITING : FAILED, plan.looks), () => {
        plan.cancel = null;
        tell(environmentId);
      });
    },
    end,
    hint(environmentId) {
      end(environmentId);
      tell(environmentId);
    },
    watch(listener) {
      // Each one that watches is one, also when it is the same function twice.
      const own = (environmentId: string): void => {
        listener(environmentId);
      };
      listeners.add(own);
      return () => listeners.delete(own);
    },
    close() {
      for (const id of [...plans.keys()]) end(id);
      listeners.clear();
    },
  };
}
