import type { Clock } from '../../ports/clock.ts';
import type { RuntimeProgress } from '../../ports/environment-runtime.ts';

/** Hints to those who watch, by themselves for what needs to be looked at again and again. */
export interface Attention {
  /** Plans the next look at an environment by how it was seen just now; what is well needs none. */
  give(environmentId: string, progress: RuntimeProgress | null): void;
  end(environmentId: string): void;
  hint(environmentId: string): void;
  watch(listener: (environmentId: string) => void): () => void;
  close(): void;
}

const WAITING_MS = 1_000;
const FAILED_MS = 5_000;
/** Many at a time are looked at less often each, so that all together stay below so many looks a second. */
const LOOKS_PER_SECOND = 40;

export function createAttention(clock: Clock): Attention {
  const listeners = new Set<(environmentId: string) => void>();
  const planned = new Map<string, () => void>();

  function hint(environmentId: string): void {
    for (const listener of listeners) listener(environmentId);
  }

  function end(environmentId: string): void {
    planned.get(environmentId)?.();
    planned.delete(environmentId);
  }

  return {
    give(environmentId, progress) {
      end(environmentId);
      if (progress === null || progress.step === 'running' || progress.step === 'asleep') return;
      const base = progress.step === 'waiting' ? WAITING_MS : FAILED_MS;
      const afterMs = Math.max(base, ((planned.size + 1) * 1_000) / LOOKS_PER_SECOND);
      const cancel = clock.schedule(afterMs, () => {
        planned.delete(environmentId);
        hint(environmentId);
      });
      planned.set(environmentId, cancel);
    },
    end,
    hint,
    watch(listener) {
      // Each one that watches is one, also when it is the same function twice.
      const own = (environmentId: string): void => {
        listener(environmentId);
      };
      listeners.add(own);
      return () => listeners.delete(own);
    },
    close() {
      for (const id of [...planned.keys()]) end(id);
      listeners.clear();
    },
  };
}
