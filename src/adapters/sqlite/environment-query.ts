import type { Visibility } from '../../core/permissions.ts';
import type { EnvironmentFilter, PageRequest } from '../../ports/environment-store.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

/** A condition in SQL and what its question marks stand for. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly string[];
}

/**
 * Which environments a filter and a visibility let through. Every index begins with `living`, so it is always named;
 * but a guest sees few, so that search begins with them, which a plus before the column tells SQLite.
 */
export function environmentCondition(visibility: Visibility, filter: EnvironmentFilter): Condition {
  return allOf([
    phaseCondition(filter.phases ?? [], visibility.scope === 'everything' ? 'living' : '+living'),
    equals('name', filter.name),
    equals('repository_id', filter.repositoryId),
    equals('branch', filter.branch),
    equals('owner', filter.owner),
    equals('config_set_id', filter.configSetId),
    prefixCondition(filter.q ?? ''),
    visibility.scope === 'everything'
      ? null
      : {
          sql: 'id IN (SELECT environment_id FROM environment_audience WHERE user_id = ?)',
          values: [visibility.userId],
        },
  ]);
}

/** `condition`, and behind the place that the cursor names: newest first. */
export function afterCursor(condition: Condition, cursor: PageRequest['cursor']): Condition {
  if (cursor === undefined) return condition;
  return allOf([condition, { sql: '(created_at, id) < (?, ?)', values: decodeCursor(cursor, 'environment', 2) }]);
}

export function environmentCursor(createdAt: string, id: string): string {
  return encodeCursor('environment', createdAt, id);
}

/** What a prefix is looked for in: the same on both sides, so case does not matter in any script. */
export function searchKey(text: string): string {
  return text.toLowerCase();
}

function allOf(conditions: readonly (Condition | null)[]): Condition {
  const given = conditions.filter((condition) => condition !== null);
  return { sql: given.map(({ sql }) => sql).join(' AND '), values: given.flatMap(({ values }) => values) };
}

function equals(column: string, value: string | undefined): Condition | null {
  return value === undefined ? null : { sql: `${column} = ?`, values: [value] };
}

function phaseCondition(phases: NonNullable<EnvironmentFilter['phases']>, column: string): Condition {
  if (phases.length === 0) return { sql: `${column} = 1`, values: [] };
  const ended = phases.includes('terminated');
  const others = phases.some((phase) => phase !== 'terminated');
  if (!others) return { sql: `${column} = 0`, values: [] };
  const living = ended ? `${column} IN (0, 1)` : `${column} = 1`;
  return { sql: `${living} AND phase IN (${phases.map(() => '?').join(', ')})`, values: phases };
}

/** Beyond every text that starts with the prefix: no text holds this last code point of Unicode. */
const LAST_CODE_POINT = '\u{10ffff}';

function prefixCondition(q: string): Condition | null {
  if (q === '') return null;
  const from = searchKey(q);
  const until = from + LAST_CODE_POINT;
  const keys = ['name_key', 'branch_key', 'owner_key'];
  return {
    sql: `(${keys.map((key) => `${key} >= ? AND ${key} < ?`).join(' OR ')})`,
    values: keys.flatMap(() => [from, until]),
  };
}
