import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { Log } from '../ports/log.ts';
import { put } from '../services/unit-of-work.ts';

/** Which environment is visited, and the version of the reservation of its name: a visit outlives neither. */
export interface VisitedEnvironment {
  readonly id: string;
  readonly name: string;
  readonly nameVersion: number;
}

/** Notes when environments were visited last, for those who put to sleep what nobody visits. */
export interface Visits {
  /** A visit has begun; it goes on, however long, until the returned function is called. */
  begin(environment: VisitedEnvironment): () => void;
  /** Writes down what is not written yet. */
  close(): Promise<void>;
}

/** What is known of an environment that was visited lately. */
interface Visited {
  readonly environment: VisitedEnvironment;
  /** Milliseconds since the epoch. */
  lastVisit: number;
  writtenVisit: number;
  open: number;
  cancel: () => void;
}

const PRECISION_MAX_MS = 60_000;
const PRECISION_MIN_MS = 500;

export interface VisitsParts {
  readonly store: EnvironmentStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds without a visit after which environments are put to sleep; 0: never, and nothing is noted. */
  readonly idleSleepMs: number;
}

/**
 * The first visit is written at once, and then at most one in each minute (or in a quarter of the time to sleep, where
 * that is less), so that the record is never further behind than that.
 */
export function createVisits({ store, clock, log, idleSleepMs }: VisitsParts): Visits {
  if (idleSleepMs === 0) return { begin: () => () => undefined, close: () => Promise.resolve() };
  const precisionMs = Math.max(PRECISION_MIN_MS, Math.min(PRECISION_MAX_MS, idleSleepMs / 4));
  const visited = new Map<string, Visited>();

  async function write(entry: Visited): Promise<void> {
    const { id, name, nameVersion } = entry.environment;
    entry.writtenVisit = entry.lastVisit;
    try {
      // On the condition that it still has its name: what is being deleted gets no record that nobody would remove.
      await store.commit(
        [put('visit', id, { at: new Date(entry.lastVisit).toISOString() })],
        [{ kind: 'name_reservation', id: name, version: nameVersion }],
      );
    } catch (error) {
      log.warn({ environment: id, error: String(error) }, 'A visit could not be noted; the next one will be.');
    }
  }

  /** Looks again once the precision has passed, for as long as there are visits. */
  function lookLater(entry: Visited): void {
    entry.cancel = clock.schedule(precisionMs, () => {
      if (entry.open > 0) entry.lastVisit = clock.now();
      else if (entry.lastVisit === entry.writtenVisit) {
        visited.delete(entry.environment.id);
        return;
      }
      void write(entry);
      lookLater(entry);
    });
  }

  function visit(environment: VisitedEnvironment): Visited {
    const now = clock.now();
    const known = visited.get(environment.id);
    if (known) {
      known.lastVisit = now;
      return known;
    }
    const entry: Visited = { environment, lastVisit: now, writtenVisit: 0, open: 0, cancel: () => undefined };
    visited.set(environment.id, entry);
    void write(entry);
    lookLater(entry);
    return entry;
  }

  return {
    begin(environment) {
      const entry = visit(environment);
      entry.open += 1;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        entry.open -= 1;
        entry.lastVisit = clock.now();
      };
    },
    async close() {
      const unwritten = [...visited.values()];
      visited.clear();
      for (const entry of unwritten) entry.cancel();
      await Promise.all(unwritten.filter((entry) => entry.lastVisit !== entry.writtenVisit).map(write));
    },
  };
}
