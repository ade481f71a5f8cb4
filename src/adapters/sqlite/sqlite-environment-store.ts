import type { Environment } from '../../core/environment.ts';
import { invalid } from '../../core/errors.ts';
import { isVisible, type Visibility } from '../../core/permissions.ts';
import type { RecordKind, RecordTypes } from '../../core/records.ts';
import {
  LISTABLE_FIELDS,
  type EnvironmentFilter,
  type EnvironmentStore,
  type ListableKind,
  type Page,
  type PageRequest,
  type RecordQuery,
  type Versioned,
} from '../../ports/environment-store.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { afterCursor, environmentCondition, environmentCursor } from './environment-query.ts';
import { createAnswers, createRecordCache, deepFreeze } from './record-cache.ts';
import { applyCommit, assertWrittenOnce, nextStamp } from './record-writes.ts';

/** A record as it was read, and the commit that wrote it so. */
interface Remembered {
  readonly stamp: number;
  readonly versioned: Versioned<RecordTypes[RecordKind]>;
}

export interface SqliteStoreOptions {
  /** Parsed records kept in memory; about 5 KB each. */
  readonly cachedRecords?: number;
}

const CACHED_RECORDS = 20_000;
const REMEMBERED_ANSWERS = 2_000;
const PAGE_MAX = 1_000;
const EXPIRING_KINDS = ['idempotency_row', 'session', 'sign_in_link'] as const;

/**
 * Records as rows of JSON with indexed columns beside it. What is returned is frozen, and one version of a record is
 * one object, whoever asks. Closing it closes the database, so whatever else uses that is closed before.
 */
export function createSqliteStore(database: Database, options: SqliteStoreOptions = {}): EnvironmentStore {
  const records = createRecordCache<Remembered>(options.cachedRecords ?? CACHED_RECORDS);
  const answers = createAnswers(REMEMBERED_ANSWERS);

  /** A read that depends on nothing but what has been committed, made once for each state of the database. */
  function answer<T>(question: readonly unknown[], find: () => T): T {
    return database.read(() => answers.remember(database.state().commits, JSON.stringify(question), find));
  }

  function load<K extends RecordKind>(kind: K, id: string, stamp: number | null): Versioned<RecordTypes[K]> | null {
    const key = `${kind}/${id}`;
    const known = records.get(key);
    if (known && known.stamp === (stamp ?? stampOf(kind, id))) return known.versioned as Versioned<RecordTypes[K]>;
    const row = database.prepare(`SELECT version, stamp, body FROM ${kind} WHERE id = ?`).get(id);
    if (!row) {
      records.delete(key);
      return null;
    }
    const record = JSON.parse(String(row['body'])) as RecordTypes[K];
    const versioned = deepFreeze({ id, version: Number(row['version']), record });
    records.set(key, { stamp: Number(row['stamp']), versioned });
    return versioned;
  }

  function stampOf(kind: RecordKind, id: string): unknown {
    return database.prepare(`SELECT stamp FROM ${kind} WHERE id = ?`).get(id)?.['stamp'];
  }

  /** @param rows one more than the page holds where there is another page */
  function pageOf<K extends RecordKind>(
    kind: K,
    rows: readonly Record<string, unknown>[],
    limit: number,
    cursorOf: (item: Versioned<RecordTypes[K]>) => string,
  ): Page<RecordTypes[K]> {
    const items = rows
      .slice(0, limit)
      .map((row) => load(kind, String(row['id']), Number(row['stamp'])))
      .filter((item) => item !== null);
    const last = items.at(-1);
    return Object.freeze({
      items: Object.freeze(items),
      nextCursor: rows.length > limit && last ? cursorOf(last) : null,
    });
  }

  return {
    async get(visibility, kind, id) {
      const found = answer([kind, id], () => load(kind, id, null));
      return found && isVisible(visibility, audienceOf(kind, found.record)) ? found : null;
    },

    async list<K extends ListableKind>(visibility: Visibility, kind: K, query: RecordQuery<K>) {
      const limit = checkedLimit(query.limit);
      return database.read(() => {
        const { sql, values } = recordSelection(visibility, kind, query);
        const rows = database.prepare(sql).all(...values, limit + 1);
        return pageOf(kind, rows, limit, ({ id }) => encodeCursor(kind, id));
      });
    },

    async listEnvironments(visibility, filter, page) {
      const limit = checkedLimit(page.limit);
      return answer(['list', visibility, question(filter), limit, page.cursor], () => {
        const { sql, values } = afterCursor(environmentCondition(visibility, filter), page.cursor);
        const rows = database
          .prepare(`SELECT id, stamp FROM environment WHERE ${sql} ORDER BY created_at DESC, id DESC LIMIT ?`)
          .all(...values, limit + 1);
        return pageOf('environment', rows, limit, ({ id, record }) => environmentCursor(record.metadata.createdAt, id));
      });
    },

    async countEnvironments(visibility, filter) {
      return answer(['count', visibility, question(filter)], () => {
        const { sql, values } = environmentCondition(visibility, filter);
        return Number(
          database.prepare(`SELECT count(*) AS total FROM environment WHERE ${sql}`).get(...values)?.['total'],
        );
      });
    },

    async commit(writes, preconditions) {
      assertWrittenOnce(writes);
      return database.write(() => applyCommit(database, writes, preconditions));
    },

    async markAnnounced(announced) {
      if (announced.length === 0) return;
      await database.write(() => {
        const note = database.prepare('UPDATE environment SET announced = ? WHERE id = ? AND announced < ?');
        for (const { id, version } of announced) note.run(version, id, version);
      });
    },

    async listUnannounced(limit) {
      return database.read(() =>
        database
          .prepare('SELECT id, stamp FROM environment WHERE announced < version ORDER BY stamp, id LIMIT ?')
          .all(checkedLimit(limit))
          .map((row): Versioned<Environment> | null => load('environment', String(row['id']), Number(row['stamp'])))
          .filter((item) => item !== null),
      );
    },

    async purgeExpired(now, limit) {
      return database.write(() => {
        let purged = 0;
        for (const kind of EXPIRING_KINDS) {
          const ended = `SELECT rowid FROM ${kind} WHERE body ->> '$.expiresAt' < ? ORDER BY body ->> '$.expiresAt' LIMIT ?`;
          const { changes } = database.prepare(`DELETE FROM ${kind} WHERE rowid IN (${ended})`).run(now, limit);
          purged += Number(changes);
        }
        if (purged > 0) nextStamp(database);
        return purged;
      });
    },

    async check() {
      database.read(() => database.prepare('SELECT commits FROM state').get());
    },

    close: () => database.close(),
  };
}

/** Whom a grant shows the record to; nobody, for kinds that know no grants. */
function audienceOf<K extends RecordKind>(kind: K, record: RecordTypes[K]): readonly string[] {
  if (kind === 'environment') return (record as RecordTypes['environment']).metadata.audience;
  if (kind === 'repository') return (record as RecordTypes['repository']).audience;
  return [];
}

function recordSelection<K extends ListableKind>(
  visibility: Visibility,
  kind: K,
  query: RecordQuery<K>,
): { sql: string; values: readonly string[] } {
  const conditions: string[] = [];
  const values: string[] = [];
  for (const [field, value] of Object.entries<string | undefined>(query.where ?? {})) {
    if (value === undefined) continue;
    if (!(LISTABLE_FIELDS[kind] as readonly string[]).includes(field)) {
      throw new Error(`Records of the kind ${kind} can't be listed by ${field}.`);
    }
    conditions.push(`body ->> '$.${field}' = ?`);
    values.push(value);
  }
  if (visibility.scope === 'audience') {
    if (kind === 'repository') {
      conditions.push(`EXISTS (SELECT 1 FROM json_each(body, '$.audience') WHERE value = ?)`);
      values.push(visibility.userId);
    } else conditions.push('FALSE');
  }
  const [direction, behind] = query.order === 'descending' ? ['DESC', '<'] : ['ASC', '>'];
  if (query.cursor !== undefined) {
    conditions.push(`id ${behind} ?`);
    values.push(...decodeCursor(query.cursor, kind, 1));
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return { sql: `SELECT id, stamp FROM ${kind} ${where} ORDER BY id ${direction} LIMIT ?`, values };
}

/** The parts of a filter in one order, so that equal filters are one question. */
function question(filter: EnvironmentFilter): readonly unknown[] {
  const { phases, repositoryId, branch, owner, configSetId, name, q } = filter;
  return [phases, repositoryId, branch, owner, configSetId, name, q].map((part) => part ?? null);
}

function checkedLimit(limit: PageRequest['limit']): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MAX) return limit;
  throw invalid([
    { loc: ['query', 'limit'], msg: `must be a whole number from 1 to ${String(PAGE_MAX)}`, type: 'limit' },
  ]);
}
