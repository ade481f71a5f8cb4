import type { Clock } from '../ports/clock.ts';

export type TaskState<T> =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'failed'; readonly error: unknown };

/** Work that may take minutes, kept out of the way of the queue: a key's reconcile asks how far it is. */
export interface BackgroundTasks<T> {
  /**
   * Starts the task unless one of this name runs or has ended. Waits a moment, so that what is quick is done at once.
   * An outcome is handed out once; asking again after that starts anew.
   */
  run(key: string, name: string, task: (signal: AbortSignal) => Promise<T>): Promise<TaskState<T>>;
  /** Aborts and forgets whatever goes on for a key. */
  cancel(key: string): void;
  cancelAll(): void;
}

interface Running<T> {
  readonly name: string;
  readonly abort: AbortController;
  outcome: TaskState<T>;
}

/** @param onDone called with the key when a task ended after its caller had stopped waiting. */
export function createBackgroundTasks<T>(
  clock: Clock,
  patienceMs: number,
  onDone: (key: string) => void,
): BackgroundTasks<T> {
  const tasks = new Map<string, Running<T>>();

  function cancel(key: string): void {
    tasks.get(key)?.abort.abort();
    tasks.delete(key);
  }

  function collect(key: string, running: Running<T>): TaskState<T> {
    if (running.outcome.state !== 'running') tasks.delete(key);
    return running.outcome;
  }

  return {
    async run(key, name, task) {
      const existing = tasks.get(key);
      if (existing?.name === name) return collect(key, existing);
      cancel(key);
      const running: Running<T> = { name, abort: new AbortController(), outcome: { state: 'running' } };
      tasks.set(key, running);
      let waiting = true;
      const ended = task(running.abort.signal).then(
        (value) => {
          running.outcome = { state: 'done', value };
        },
        (error: unknown) => {
          running.outcome = { state: 'failed', error };
        },
      );
      void ended.then(() => {
        if (!waiting && tasks.get(key) === running) onDone(key);
      });
      const patience = new AbortController();
      await Promise.race([ended, clock.sleep(patienceMs, patience.signal)]);
      patience.abort();
      waiting = false;
      return collect(key, running);
    },
    cancel,
    cancelAll() {
      for (const key of [...tasks.keys()]) cancel(key);
    },
  };
}
