import { setTimeout as pause } from 'node:timers/promises';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';

/**
 * The same store as if it were behind a network: every call takes a while on the way there and on the way back, each
 * another one, so that others come in between.
 */
export function latentStore(store: EnvironmentStore, longestMs = 8): EnvironmentStore {
  const onTheWay = (): Promise<void> => pause(Math.random() * longestMs);

  async function behindNetwork<T>(call: () => Promise<T>): Promise<T> {
    await onTheWay();
    const answer = await call();
    await onTheWay();
    return answer;
  }

  return {
    ...store,
    get: (...args) => behindNetwork(() => store.get(...args)),
    list: (...args) => behindNetwork(() => store.list(...args)),
    listEnvironments: (...args) => behindNetwork(() => store.listEnvironments(...args)),
    countEnvironments: (...args) => behindNetwork(() => store.countEnvironments(...args)),
    commit: (...args) => behindNetwork(() => store.commit(...args)),
  };
}
