import type { DatabaseSync } from 'node:sqlite';

export interface WriteQueue {
  /**
   * Runs `work` inside of a write transaction and resolves once that is on the disk. `work` either decides not to write
   * and says so in its result, or writes all that it wants to, or throws, and then nothing of it is kept. It may run
   * twice.
   */
  write<T>(work: () => T): Promise<T>;
  /** Resolves when nothing waits any more. */
  drain(): Promise<void>;
}

interface Job {
  /** Does the work; what it returns tells the caller, and is called after the transaction has ended. */
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Whatever was asked for within one turn of the event loop shares a transaction, and so the one wait for the disk that
 * a durable commit costs. Order is kept.
 */
export function createWriteQueue(connection: DatabaseSync, afterTransaction: () => void): WriteQueue {
  let waiting: Job[] = [];

  /** Where no transaction can be begun, none of the jobs can be done: each would wait as long for the same answer. */
  function begin(jobs: readonly Job[]): boolean {
    try {
      connection.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      rollBack();
      for (const job of jobs) job.reject(error);
      return false;
    }
  }

  function finish(jobs: readonly Job[]): void {
    const settle = jobs.map((job) => job.run());
    connection.exec('COMMIT');
    afterTransaction();
    for (const tell of settle) tell();
  }

  function rollBack(): void {
    // SQLite has rolled back by itself after some errors, a full disk for one.
    if (connection.isOpen && connection.isTransaction) connection.exec('ROLLBACK');
    afterTransaction();
  }

  function flush(): void {
    const jobs = waiting;
    waiting = [];
    if (!begin(jobs)) return;
    try {
      finish(jobs);
      return;
    } catch (error) {
      rollBack();
      if (jobs.length === 1) {
        jobs[0]?.reject(error);
        return;
      }
    }
    // One of them can't be applied; the others must not suffer for it.
    for (const [index, job] of jobs.entries()) {
      if (!begin(jobs.slice(index))) return;
      try {
        finish([job]);
      } catch (error) {
        rollBack();
        job.reject(error);
      }
    }
  }

  function write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = (): (() => void) => {
        const result = work();
        return () => resolve(result);
      };
      if (waiting.push({ run, reject }) === 1) setImmediate(flush);
    });
  }

  return {
    write,
    async drain() {
      if (waiting.length > 0) await write(() => undefined);
    },
  };
}
