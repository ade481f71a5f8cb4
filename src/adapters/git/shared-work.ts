import { GitFailure } from '../../core/git-failure.ts';

/** Work that several callers wait for at once: each may give up for itself, and the last to do so calls it off. */
export interface SharedWork<T> {
  /**
   * Joins what is open under the key, or starts it.
   * @param start gets the signal of all callers together, and `close`, from when on nobody joins any more; nobody does
   *   after the end either
   */
  run(
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal, close: () => void) => Promise<T>,
  ): Promise<T>;
}

interface Work<T> {
  readonly result: Promise<T>;
  readonly callOff: AbortController;
  readonly close: () => void;
  waiting: number;
}

export function createSharedWork<T>(): SharedWork<T> {
  const open = new Map<string, Work<T>>();

  function begin(key: string, start: (signal: AbortSignal, close: () => void) => Promise<T>): Work<T> {
    const callOff = new AbortController();
    const close = (): void => {
      if (open.get(key)?.callOff === callOff) open.delete(key);
    };
    const work = { result: start(callOff.signal, close).finally(close), callOff, close, waiting: 0 };
    open.set(key, work);
    return work;
  }

  return {
    run(key, signal, start) {
      if (signal?.aborted) return Promise.reject(calledOff());
      const work = open.get(key) ?? begin(key, start);
      work.waiting += 1;
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          reject(calledOff());
          work.waiting -= 1;
          if (work.waiting > 0) return;
          work.close();
          work.callOff.abort();
        };
        signal?.addEventListener('abort', leave, { once: true });
        const stay = (): void => signal?.removeEventListener('abort', leave);
        work.result.finally(stay).then(resolve, reject);
      });
    },
  };
}

function calledOff(): GitFailure {
  return new GitFailure('failed', 'was called off');
}
