import type { Environment } from '../../core/environment.ts';
import type { Versioned } from '../../ports/environment-store.ts';
import type { Announcement, AnnouncementType } from '../../ports/event-bus.ts';
import type { Database } from './database.ts';
import { createRecordCache, deepFreeze } from './record-cache.ts';

/** The newest announcement of one environment. */
export interface LogEntry {
  readonly position: number;
  /** Where the environment was announced for the first time. */
  readonly firstPosition: number;
  readonly type: AnnouncementType;
  readonly environment: Versioned<Environment>;
}

/** The table behind the event bus: one row for each environment, in the order of what was told last. */
export interface AnnouncementLog {
  /** Durable when it resolves; false when it was not newer than what had been announced. */
  append(announcement: Announcement): Promise<boolean>;
  /** The oldest entries behind `position`; one object for one entry, whoever asks. */
  entriesAfter(position: number, limit: number): readonly LogEntry[];
}

const PARSED_ENTRIES = 2_000;
const SHARED_PAGES = 100;

/** @param keep entries that are kept at least; up to a twentieth more are there before the oldest are trimmed. */
export function createAnnouncementLog(database: Database, keep: number): AnnouncementLog {
  const parsed = createRecordCache<LogEntry>(PARSED_ENTRIES);
  /** What is read by one subscriber is asked for by all others next. */
  const pages = new Map<string, readonly LogEntry[]>();
  const trimEvery = Math.ceil(keep / 20);
  let sinceTrimmed = 0;

  function insert({ type, environment: { id, version, record } }: Announcement): boolean {
    const known = database
      .prepare('SELECT version, first_position FROM announced_environment WHERE environment_id = ?')
      .get(id);
    if (known && Number(known['version']) >= version) return false;
    database.prepare('DELETE FROM announcement WHERE environment_id = ?').run(id);
    const position = Number(
      database
        .prepare(
          `INSERT INTO announcement (environment_id, version, first_position, type, body) VALUES (?, ?, ?, ?, ?)`,
        )
        .run(id, version, Number(known?.['first_position'] ?? 0), type, JSON.stringify(record)).lastInsertRowid,
    );
    if (!known) database.prepare('UPDATE announcement SET first_position = position WHERE position = ?').run(position);
    database
      .prepare(
        `INSERT INTO announced_environment (environment_id, version, first_position) VALUES (?, ?, ?)
         ON CONFLICT (environment_id) DO UPDATE SET version = excluded.version`,
      )
      .run(id, version, position);
    database.prepare('UPDATE state SET log_head = ?').run(position);
    return true;
  }

  function trim(): void {
    const oldestKept = database
      .prepare('SELECT position FROM announcement ORDER BY position DESC LIMIT 1 OFFSET ?')
      .get(keep - 1)?.['position'];
    if (oldestKept === undefined) return;
    const newestTrimmed = database
      .prepare('SELECT max(position) AS position FROM announcement WHERE position < ?')
      .get(Number(oldestKept))?.['position'];
    if (newestTrimmed === null || newestTrimmed === undefined) return;
    database.prepare('DELETE FROM announcement WHERE position <= ?').run(Number(newestTrimmed));
    database.prepare('UPDATE state SET log_trimmed = ?').run(Number(newestTrimmed));
  }

  function parse(row: Record<string, unknown>): LogEntry {
    const position = Number(row['position']);
    const known = parsed.get(String(position));
    if (known) return known;
    const entry: LogEntry = deepFreeze({
      position,
      firstPosition: Number(row['first_position']),
      type: row['type'] as AnnouncementType,
      environment: {
        id: String(row['environment_id']),
        version: Number(row['version']),
        record: JSON.parse(String(row['body'])) as Environment,
      },
    });
    parsed.set(String(position), entry);
    return entry;
  }

  function readPage(position: number, limit: number): readonly LogEntry[] {
    const rows = database
      .prepare('SELECT position FROM announcement WHERE position > ? ORDER BY position LIMIT ?')
      .all(position, limit);
    const whole = database.prepare('SELECT * FROM announcement WHERE position = ?');
    return rows.flatMap((row) => {
      const known = parsed.get(String(row['position']));
      if (known) return [known];
      const found = whole.get(Number(row['position']));
      return found ? [parse(found)] : [];
    });
  }

  return {
    async append(announcement) {
      const appended = await database.write(() => {
        if (!insert(announcement)) return false;
        sinceTrimmed += 1;
        if (sinceTrimmed >= trimEvery) {
          trim();
          sinceTrimmed = 0;
        }
        return true;
      });
      pages.clear();
      return appended;
    },
    entriesAfter(position, limit) {
      return database.read(() => {
        // The head is part of the question, so that what another process announced is not missed.
        const question = `${String(position)} ${String(limit)} ${String(database.state().logHead)}`;
        const known = pages.get(question);
        if (known) return known;
        if (pages.size >= SHARED_PAGES) pages.clear();
        const page = readPage(position, limit);
        pages.set(question, page);
        return page;
      });
    },
  };
}
