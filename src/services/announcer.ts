import type { Environment } from '../core/environment.ts';
import type { Clock } from '../ports/clock.ts';
import { recordKey, type EnvironmentStore, type Versioned, type Write } from '../ports/environment-store.ts';
import { announcementType, type EventBus } from '../ports/event-bus.ts';
import type { Log } from '../ports/log.ts';

export interface Announcer {
  /**
   * Tells the bus of every environment among the writes of a commit, behind the back of whoever asked for it: the commit
   * is what they wait for. Never fails: what is lost is announced again.
   */
  announceWrites(writes: readonly Write[], versions: ReadonlyMap<string, number>): void;
  /** Announces what a crash or a bus that was down kept from being announced. Returns how many there were. */
  announceMissed(): Promise<number>;
  /** Writes down what has been announced so far, and stops. */
  close(): Promise<void>;
}

/** Announced versions are noted together, this much later: one write for many changes. */
const NOTE_DELAY_MS = 1_000;
const MISSED_BATCH = 200;

export interface AnnouncerParts {
  readonly store: EnvironmentStore;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: Log;
}

export function createAnnouncer({ store, bus, clock, log }: AnnouncerParts): Announcer {
  const announced = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let cancelNote: (() => void) | null = null;

  async function note(): Promise<void> {
    cancelNote = null;
    const entries = [...announced].map(([id, version]) => ({ id, version }));
    announced.clear();
    if (entries.length === 0) return;
    try {
      await store.markAnnounced(entries);
    } catch (error) {
      log.warn(
        { error: String(error) },
        'Could not note what was announced; it will be announced again, which is harmless.',
      );
    }
  }

  async function announce(environment: Versioned<Environment>): Promise<void> {
    await bus.publish({ type: announcementType(environment.record, environment.version), environment });
    announced.set(environment.id, Math.max(environment.version, announced.get(environment.id) ?? 0));
    cancelNote ??= clock.schedule(NOTE_DELAY_MS, () => void note());
  }

  async function tryToAnnounce(environment: Versioned<Environment>): Promise<void> {
    try {
      await announce(environment);
    } catch (error) {
      log.warn(
        { environment: environment.id, error: String(error) },
        'A change could not be announced; the controller announces it again.',
      );
    }
  }

  return {
    announceWrites(writes, versions) {
      for (const write of writes) {
        if (write.op !== 'put' || write.kind !== 'environment') continue;
        const version = versions.get(recordKey('environment', write.id));
        if (version === undefined) continue;
        const announcing = tryToAnnounce({ id: write.id, version, record: write.record });
        underWay.add(announcing);
        void announcing.then(() => underWay.delete(announcing));
      }
    },
    async announceMissed() {
      await Promise.all(underWay);
      await note();
      const missed = await store.listUnannounced(MISSED_BATCH);
      for (const environment of missed) await announce(environment);
      await note();
      return missed.length;
    },
    async close() {
      await Promise.all(underWay);
      cancelNote?.();
      await note();
    },
  };
}
