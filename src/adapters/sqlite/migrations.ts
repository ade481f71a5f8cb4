import type { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../core/errors.ts';

interface Migration {
  readonly name: string;
  readonly sql: string;
}

/**
 * Applied in this order, each in a transaction of its own; the number of the last one is the schema's version. One that
 * has been released is never changed: what is to be different is a new one at the end.
 *
 * Every record is kept as JSON in `body`. `stamp` is the number of the commit that wrote it: unlike `version`, no two
 * states of one id ever share it, so it tells whether something remembered is still what is stored.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'records',
    sql: `
      CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        commits INTEGER NOT NULL
      ) STRICT;
      INSERT INTO state VALUES (1, 0);

      CREATE TABLE environment (
        id TEXT PRIMARY KEY NOT NULL,
        version INTEGER NOT NULL,
        stamp INTEGER NOT NULL,
        announced INTEGER NOT NULL DEFAULT 0,
        living INTEGER NOT NULL,
        phase TEXT NOT NULL,
        created_at TEXT NOT NULL,
        name TEXT NOT NULL,
        repository_id TEXT NOT NULL,
        branch TEXT NOT NULL,
        owner TEXT NOT NULL,
        config_set_id TEXT,
        name_key TEXT NOT NULL,
        branch_key TEXT NOT NULL,
        owner_key TEXT NOT NULL,
        body TEXT NOT NULL
      ) STRICT;
      -- Holds all that a list and a search look at, so neither touches a body.
      CREATE INDEX environment_by_age ON environment (living, created_at, id, stamp, name_key, branch_key, owner_key);
      CREATE INDEX environment_by_phase ON environment (living, phase, created_at, id);
      CREATE INDEX environment_by_name ON environment (living, name, created_at, id);
      CREATE INDEX environment_by_repository ON environment (living, repository_id, created_at, id);
      CREATE INDEX environment_by_branch ON environment (living, branch, created_at, id);
      CREATE INDEX environment_by_owner ON environment (living, owner, created_at, id);
      CREATE INDEX environment_by_config_set ON environment (living, config_set_id, created_at, id);
      CREATE INDEX environment_unannounced ON environment (stamp, id) WHERE announced < version;

      CREATE TABLE environment_audience (
        user_id TEXT NOT NULL,
        environment_id TEXT NOT NULL,
        PRIMARY KEY (user_id, environment_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX environment_audience_by_environment ON environment_audience (environment_id);

      CREATE TABLE name_reservation (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE email_reservation (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE quota_slot (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE effective_values (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE timeline_event (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE receipt (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE visit (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE idempotency_row (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE repository (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE config_set (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE config_set_revision (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE api_token (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE token_secret (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE user (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE password (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE session (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE sign_in_link (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      CREATE TABLE leader_epoch (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;

      CREATE INDEX quota_slot_subject ON quota_slot (body ->> '$.subject', id);
      CREATE INDEX quota_slot_environment ON quota_slot (body ->> '$.environmentId', id);
      CREATE INDEX effective_values_environment ON effective_values (body ->> '$.environmentId', id);
      CREATE INDEX timeline_event_environment ON timeline_event (body ->> '$.environmentId', id);
      CREATE INDEX repository_name ON repository (body ->> '$.name', id);
      CREATE INDEX repository_url ON repository (body ->> '$.url', id);
      CREATE INDEX config_set_name ON config_set (body ->> '$.name', id);
      CREATE INDEX config_set_revision_config_set ON config_set_revision (body ->> '$.configSetId', id);
      CREATE INDEX api_token_owner ON api_token (body ->> '$.owner.id', id);
      CREATE INDEX user_email ON user (body ->> '$.email', id);
      CREATE INDEX user_issuer ON user (body ->> '$.issuer', id);
      CREATE INDEX session_user ON session (body ->> '$.userId', id);
      CREATE INDEX sign_in_link_user ON sign_in_link (body ->> '$.userId', id);

      CREATE INDEX idempotency_row_end ON idempotency_row (body ->> '$.expiresAt');
      CREATE INDEX session_end ON session (body ->> '$.expiresAt');
      CREATE INDEX sign_in_link_end ON sign_in_link (body ->> '$.expiresAt');
    `,
  },
  {
    name: 'event log',
    sql: `
      ALTER TABLE state ADD COLUMN epoch TEXT NOT NULL DEFAULT '';
      ALTER TABLE state ADD COLUMN log_head INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE state ADD COLUMN log_trimmed INTEGER NOT NULL DEFAULT 0;
      UPDATE state SET epoch = lower(hex(randomblob(8)));

      CREATE TABLE announcement (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        environment_id TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        first_position INTEGER NOT NULL,
        type TEXT NOT NULL,
        body TEXT NOT NULL
      ) STRICT;

      -- Outlives what is trimmed from the log: without it, a late repetition could take an environment back.
      CREATE TABLE announced_environment (
        environment_id TEXT PRIMARY KEY NOT NULL,
        version INTEGER NOT NULL,
        first_position INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    name: 'last use of tokens',
    sql: `
      CREATE TABLE token_use (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
      INSERT INTO token_use
        SELECT id, 1, stamp, json_object('at', body ->> '$.lastUsedAt') FROM api_token WHERE body ->> '$.lastUsedAt' IS NOT NULL;
      UPDATE api_token SET body = json_remove(body, '$.lastUsedAt');
    `,
  },
  {
    name: 'how sessions began',
    sql: `UPDATE session SET body = json_set(body, '$.provenBy', 'password');`,
  },
  {
    // They were left behind, with their sealed secrets, when a config set was deleted.
    name: 'revisions of config sets that are gone',
    sql: `DELETE FROM config_set_revision WHERE body ->> '$.configSetId' NOT IN (SELECT id FROM config_set);`,
  },
  {
    name: 'images',
    sql: `
      UPDATE environment SET body = json_set(body, '$.spec.components[0].pinnedImage', NULL, '$.status.canSleep', json('true'));
      UPDATE announcement SET body = json_set(body, '$.spec.components[0].pinnedImage', NULL, '$.status.canSleep', json('true'));
      UPDATE repository SET body = json_set(body, '$.sealedImageCredential', NULL);
      UPDATE effective_values SET body = json_set(body, '$.constants', NULL);
    `,
  },
];

/**
 * Brings the schema up to date. Two processes may do so at once: the version is looked at again inside of each
 * transaction.
 */
export function migrate(connection: DatabaseSync, file: string, migrations: readonly Migration[] = MIGRATIONS): void {
  for (;;) {
    const version = schemaVersion(connection);
    if (version > migrations.length) {
      throw new Failure(
        'unavailable',
        `The database ${file} was written by a newer Blueberry (its schema is ${String(version)}, this one knows up to ${String(migrations.length)}). Start the newer version, or choose another DATA_DIR.`,
        { code: 'newer_schema' },
      );
    }
    if (version === migrations.length) return;
    connection.exec('BEGIN IMMEDIATE');
    try {
      const next = schemaVersion(connection);
      const migration = migrations[next];
      if (migration) {
        connection.exec(migration.sql);
        connection.exec(`PRAGMA user_version = ${String(next + 1)}`);
      }
      connection.exec('COMMIT');
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      throw error;
    }
  }
}

function schemaVersion(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}
