import type { Diagnosis, ConditionReason } from '../../core/diagnosis.ts';
import type { RuntimeProgress } from '../../ports/environment-runtime.ts';
import type { Clock } from '../../ports/clock.ts';

/** How far a revision is. Whoever watches is told of every change. */
export interface RevisionProgress {
  readonly current: RuntimeProgress;
  waiting(reason: ConditionReason, message: string): void;
  running(): void;
  failed(diagnosis: Diagnosis): void;
}

export function createRevisionProgress(clock: Clock, onChange: () => void): RevisionProgress {
  let current: RuntimeProgress = {
    step: 'waiting',
    reason: 'Deploying',
    message: 'Waiting to be started.',
    since: clock.timestamp(),
  };

  function set(next: RuntimeProgress): void {
    current = next;
    onChange();
  }

  return {
    get current() {
      return current;
    },
    waiting(reason, message) {
      if (current.step === 'waiting' && current.reason === reason && current.message === message) return;
      // Waiting for the same thing with another message (a place in the queue) is still the same wait.
      const since = current.step === 'waiting' && current.reason === reason ? current.since : clock.timestamp();
      set({ step: 'waiting', reason, message, since });
    },
    running: () => {
      set({ step: 'running' });
    },
    failed: (diagnosis) => {
      set({ step: 'failed', diagnosis });
    },
  };
}
