import type { Environment } from '../core/environment.ts';
import { EVERYTHING } from '../core/permissions.ts';
import type { EnvironmentStore, Versioned } from '../ports/environment-store.ts';
import type { EventBus } from '../ports/event-bus.ts';

/** The leader's view of all living environments, kept up to date by the event bus. A hint, never the truth. */
export interface LivingEnvironments {
  values(): IterableIterator<Versioned<Environment>>;
  has(id: string): boolean;
  /** Counts up whenever one of them is another than before: what was made of them holds until then. */
  readonly changes: number;
  /** Lists all from the store, and calls back for each: heals what an announcement that was lost has left behind. */
  resync(): Promise<void>;
  /** Follows the bus until the signal aborts; lists all again after a `reset`. */
  follow(signal: AbortSignal): Promise<void>;
}

const PAGE = 1000;

export function createLivingEnvironments(
  store: EnvironmentStore,
  bus: EventBus,
  onChange: (environmentId: string) => void,
): LivingEnvironments {
  const living = new Map<string, Versioned<Environment>>();
  let changes = 0;

  function see(environment: Versioned<Environment>): void {
    const known = living.get(environment.id);
    if (known && known.version > environment.version) return;
    if (known?.version !== environment.version) changes += 1;
    if (environment.record.status.archivedAt === null) living.set(environment.id, environment);
    else if (known) leave(environment);
    onChange(environment.id);
  }

  /** Whoever waits for the name of one that is gone can go on at once. */
  function leave(gone: Versioned<Environment>): void {
    living.delete(gone.id);
    for (const { id, record } of living.values()) {
      if (record.metadata.name === gone.record.metadata.name) onChange(id);
    }
  }

  async function listAll(): Promise<void> {
    // What is announced while the pages are read may stand on none of them, and must not be forgotten for that.
    const before = [...living.keys()];
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await store.listEnvironments(EVERYTHING, {}, { limit: PAGE, cursor });
      for (const environment of page.items) {
        seen.add(environment.id);
        see(environment);
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    for (const id of before) if (!seen.has(id) && living.delete(id)) changes += 1;
  }

  return {
    values: () => living.values(),
    has: (id) => living.has(id),
    get changes() {
      return changes;
    },
    resync: listAll,
    async follow(signal) {
      const after = await bus.position();
      await listAll();
      for await (const delivery of bus.subscribe({ after, visibility: EVERYTHING, signal })) {
        if (delivery.kind === 'reset') await listAll();
        else see(delivery.announcement.environment);
      }
    },
  };
}
