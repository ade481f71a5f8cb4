/** Lets so many builds run at the same time; the others wait in the order in which they came. */
export interface BuildQueue {
  /**
   * Resolves with the function that gives the slot back, once there is one. `onPosition` is called with 1 for the next
   * in line, now and whenever it changes; not at all when a slot is free. Rejects when the signal aborts.
   */
  takeSlot(signal: AbortSignal, onPosition: (position: number) => void): Promise<() => void>;
}

interface Waiting {
  readonly start: () => void;
  readonly onPosition: (position: number) => void;
}

export function createBuildQueue(slots: number): BuildQueue {
  let free = slots;
  let line: Waiting[] = [];

  function tellPositions(): void {
    for (const [index, { onPosition }] of line.entries()) onPosition(index + 1);
  }

  function slot(): () => void {
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      const next = line.shift();
      if (!next) free += 1;
      else {
        next.start();
        tellPositions();
      }
    };
  }

  return {
    takeSlot(signal, onPosition) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return Promise.resolve(slot());
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          line = line.filter((other) => other !== waiting);
          tellPositions();
          reject(signal.reason instanceof Error ? signal.reason : new Error('the wait was ended'));
        };
        const waiting: Waiting = {
          start: () => {
            signal.removeEventListener('abort', leave);
            resolve(slot());
          },
          onPosition,
        };
        line.push(waiting);
        signal.addEventListener('abort', leave, { once: true });
        onPosition(line.length);
      });
    },
  };
}
