import type { Environment } from '../../core/environment.ts';
import { componentOf } from '../../core/environment.ts';
import type { RecordKind, RecordTypes } from '../../core/records.ts';
import { recordKey, type CommitResult, type Precondition, type Write } from '../../ports/environment-store.ts';
import type { Database } from './database.ts';
import { searchKey } from './environment-query.ts';

/**
 * A commit, inside of a write transaction: looks at every precondition before the first write, so that a refused one
 * leaves nothing behind.
 */
export function applyCommit(
  database: Database,
  writes: readonly Write[],
  preconditions: readonly Precondition[],
): CommitResult {
  const failed = preconditions.find((precondition) => !holds(database, precondition));
  if (failed) return { committed: false, failed };
  const versions = new Map<string, number>();
  if (writes.length === 0) return { committed: true, versions };
  const stamp = nextStamp(database);
  for (const write of writes) {
    if (write.op === 'delete') remove(database, write.kind, write.id);
    else versions.set(recordKey(write.kind, write.id), put(database, write.kind, write.id, write.record, stamp));
  }
  return { committed: true, versions };
}

/** Counts one more commit; whatever was remembered from before it is looked at again. */
export function nextStamp(database: Database): number {
  return Number(database.prepare('UPDATE state SET commits = commits + 1 RETURNING commits').get()?.['commits']);
}

/** A record written twice in one commit would have two versions in one state; no caller means that. */
export function assertWrittenOnce(writes: readonly Write[]): void {
  const keys = new Set<string>();
  for (const { kind, id } of writes) {
    const key = recordKey(kind, id);
    if (keys.has(key)) throw new Error(`A commit can't write ${key} twice.`);
    keys.add(key);
  }
}

function holds(database: Database, precondition: Precondition): boolean {
  const row = database.prepare(`SELECT version FROM ${precondition.kind} WHERE id = ?`).get(precondition.id);
  return 'absent' in precondition ? row === undefined : row?.['version'] === precondition.version;
}

function put<K extends RecordKind>(
  database: Database,
  kind: K,
  id: string,
  record: RecordTypes[K],
  stamp: number,
): number {
  const row =
    kind === 'environment'
      ? putEnvironment(database, id, record as Environment, stamp)
      : database
          .prepare(
            `INSERT INTO ${kind} (id, version, stamp, body) VALUES (?, 1, ?, ?)
             ON CONFLICT (id) DO UPDATE SET version = version + 1, stamp = excluded.stamp, body = excluded.body
             RETURNING version`,
          )
          .get(id, stamp, JSON.stringify(record));
  return Number(row?.['version']);
}

const UPSERT_ENVIRONMENT = `
  INSERT INTO environment (id, version, stamp, living, phase, created_at, name, repository_id, branch, owner,
    config_set_id, name_key, branch_key, owner_key, body)
  VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET version = version + 1, stamp = excluded.stamp, living = excluded.living,
    phase = excluded.phase, created_at = excluded.created_at, name = excluded.name,
    repository_id = excluded.repository_id, branch = excluded.branch, owner = excluded.owner,
    config_set_id = excluded.config_set_id, name_key = excluded.name_key, branch_key = excluded.branch_key,
    owner_key = excluded.owner_key, body = excluded.body
  RETURNING version`;

function putEnvironment(
  database: Database,
  id: string,
  environment: Environment,
  stamp: number,
): Record<string, unknown> | undefined {
  const { metadata, spec, status } = environment;
  const { repositoryId, branch } = componentOf(environment);
  putAudience(database, id, metadata.audience);
  return database
    .prepare(UPSERT_ENVIRONMENT)
    .get(
      id,
      stamp,
      status.phase === 'terminated' ? 0 : 1,
      status.phase,
      metadata.createdAt,
      metadata.name,
      repositoryId,
      branch,
      metadata.owner.email,
      spec.configSet?.id ?? null,
      searchKey(metadata.name),
      searchKey(branch),
      searchKey(metadata.owner.email),
      JSON.stringify(environment),
    );
}

function putAudience(database: Database, environmentId: string, audience: readonly string[]): void {
  database.prepare('DELETE FROM environment_audience WHERE environment_id = ?').run(environmentId);
  const insert = database.prepare('INSERT OR IGNORE INTO environment_audience (user_id, environment_id) VALUES (?, ?)');
  for (const userId of audience) insert.run(userId, environmentId);
}

function remove(database: Database, kind: RecordKind, id: string): void {
  database.prepare(`DELETE FROM ${kind} WHERE id = ?`).run(id);
  if (kind === 'environment') putAudience(database, id, []);
}
