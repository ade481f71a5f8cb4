import { isVisible } from '../../core/permissions.ts';
import type { Delivery, EventBus, Subscription } from '../../ports/event-bus.ts';
import { createAnnouncementLog, type LogEntry } from './announcement-log.ts';
import type { Database } from './database.ts';

export interface SqliteEventBusOptions {
  /** Announcements that are kept for those who come back: the newest one of that many environments. */
  readonly keep?: number;
}

/** How far a subscriber is. */
interface Place {
  readonly position: number;
  /**
   * Up to here it has been told of everything, also of what has moved on meanwhile. Earlier than `position` in the
   * middle of a page: what was first announced in between may not have reached it yet.
   */
  readonly complete: number;
}

const KEEP = 10_000;
const PAGE = 100;
const LOOK_FOR_OTHERS_MS = 1_000;

/**
 * The log is a table, subscribers read it page by page at their own pace, and a publication only wakes those who wait.
 * A publication of this process wakes them at once, one of another process on the same file within a second.
 */
export function createSqliteEventBus(database: Database, options: SqliteEventBusOptions = {}): EventBus {
  const log = createAnnouncementLog(database, options.keep ?? KEEP);
  const sleepers = new Set<() => void>();
  const closed = new AbortController();

  function wakeAll(): void {
    for (const wake of [...sleepers]) wake();
  }

  let headSeen = 0;
  const lookForOthers = setInterval(() => {
    if (sleepers.size === 0) return;
    try {
      const { logHead } = database.state();
      if (logHead !== headSeen) wakeAll();
      headSeen = logHead;
    } catch {
      // Those who wait find out for themselves what is wrong with the database.
      wakeAll();
    }
  }, LOOK_FOR_OTHERS_MS).unref();

  /** Resolves at the next publication, or when a signal aborts. */
  function news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      sleepers.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }

  function textOf({ position, complete }: Place): string {
    const { epoch } = database.state();
    return [epoch, position, ...(complete === position ? [] : [complete])].join('-');
  }

  function head(): Place {
    const { logHead } = database.state();
    return { position: logHead, complete: logHead };
  }

  /** Null for a place that this log can't go on from. */
  function placeOf(text: string): Place | null {
    const match = /^([0-9a-f]+)-(\d{1,15})(?:-(\d{1,15}))?$/.exec(text);
    const { epoch, logHead, logTrimmed } = database.state();
    if (match?.[1] !== epoch) return null;
    const position = Number(match[2]);
    const complete = match[3] === undefined ? position : Number(match[3]);
    return position >= logTrimmed && position <= logHead && complete <= position ? { position, complete } : null;
  }

  async function* deliver({ visibility, signal }: Subscription, from: Place | null): AsyncGenerator<Delivery> {
    let place = from;
    /** Told since `place.complete`, so that what is changed while it is paged through is not created twice. */
    const told = new Set<string>();
    const ended = (): boolean => signal.aborted || closed.signal.aborted;
    while (!ended()) {
      if (place === null || place.position < database.read(() => database.state().logTrimmed)) {
        place = database.read(head);
        told.clear();
        yield { kind: 'reset', position: textOf(place) };
        continue;
      }
      const entries = log.entriesAfter(place.position, PAGE);
      if (entries.length === 0) {
        await news(signal);
        continue;
      }
      const isLastPage = entries.length < PAGE;
      for (const entry of entries) {
        if (ended()) return;
        const type = typeFor(entry, place, told);
        const isComplete: boolean = isLastPage && entry === entries.at(-1);
        place = { position: entry.position, complete: isComplete ? entry.position : place.complete };
        if (isComplete) told.clear();
        else told.add(entry.environment.id);
        if (!isVisible(visibility, entry.environment.record.metadata.audience)) continue;
        yield {
          kind: 'announcement',
          position: textOf(place),
          announcement: { type, environment: entry.environment },
        };
      }
    }
  }

  return {
    async publish(announcement) {
      if (await log.append(announcement)) wakeAll();
    },
    async position() {
      return database.read(() => textOf(head()));
    },
    subscribe(subscription) {
      const { after } = subscription;
      // "From now" means from this call, not from the first time that the consumer asks for more.
      const from = database.read(() => (after === undefined ? head() : placeOf(after)));
      return { [Symbol.asyncIterator]: () => deliver(subscription, from) };
    },
    async check() {
      database.read(() => database.prepare('SELECT log_head FROM state').get());
    },
    async close() {
      clearInterval(lookForOthers);
      closed.abort();
      wakeAll();
    },
  };
}

function typeFor(entry: LogEntry, place: Place, told: ReadonlySet<string>): 'created' | 'updated' | 'deleted' {
  if (entry.type === 'deleted') return 'deleted';
  return entry.firstPosition > place.complete && !told.has(entry.environment.id) ? 'created' : 'updated';
}
