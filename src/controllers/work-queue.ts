import type { Clock } from '../ports/clock.ts';

/** When to look at a key again; null: only when something hints at it. */
export type NextLook = { readonly afterMs: number } | null;

export interface WorkQueue {
  /** Asks for a look at the key, now or later. Many hints before the look make one look. */
  add(key: string, delayMs?: number): void;
  /** Keys that wait or are worked on. */
  readonly size: number;
  /** Takes nothing new; resolves when what is being worked on has ended. */
  drain(): Promise<void>;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly concurrency: number;
  /** Never called for one key twice at a time. Failing means: again, later and later. */
  readonly work: (key: string) => Promise<NextLook>;
  readonly onError: (key: string, error: unknown) => void;
}

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 30_000;

interface Timer {
  readonly dueAt: number;
  readonly cancel: () => void;
}

/** A queue of keys, not of events: what counts is that a key is looked at after the last hint, once. */
export function createWorkQueue({ clock, concurrency, work, onError }: WorkQueueOptions): WorkQueue {
  const ready = new Set<string>();
  const working = new Set<string>();
  const timers = new Map<string, Timer>();
  const failures = new Map<string, number>();
  let closed = false;
  let idle: (() => void) | null = null;

  function add(key: string, delayMs = 0): void {
    if (closed) return;
    if (delayMs <= 0) {
      cancelTimer(key);
      ready.add(key);
      pump();
      return;
    }
    const dueAt = clock.now() + delayMs;
    const planned = timers.get(key);
    if (ready.has(key) || (planned && planned.dueAt <= dueAt)) return;
    cancelTimer(key);
    const cancel = clock.schedule(delayMs, () => {
      timers.delete(key);
      add(key);
    });
    timers.set(key, { dueAt, cancel });
  }

  function cancelTimer(key: string): void {
    timers.get(key)?.cancel();
    timers.delete(key);
  }

  function pump(): void {
    for (const key of ready) {
      if (working.size >= concurrency) return;
      if (working.has(key)) continue;
      ready.delete(key);
      working.add(key);
      void lookAt(key);
    }
  }

  async function lookAt(key: string): Promise<void> {
    try {
      const next = await work(key);
      failures.delete(key);
      if (next) add(key, Math.max(1, next.afterMs));
    } catch (error) {
      onError(key, error);
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      add(key, Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** count));
    } finally {
      working.delete(key);
      pump();
      if (working.size === 0) idle?.();
    }
  }

  return {
    add,
    get size() {
      return ready.size + working.size;
    },
    async drain() {
      closed = true;
      ready.clear();
      for (const key of [...timers.keys()]) cancelTimer(key);
      if (working.size === 0) return;
      await new Promise<void>((resolve) => {
        idle = resolve;
      });
    },
  };
}
