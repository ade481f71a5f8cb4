import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/adapters/sqlite/database.ts';
import { migrate, MIGRATIONS } from '../../../src/adapters/sqlite/migrations.ts';
import { createSqliteStore } from '../../../src/adapters/sqlite/sqlite-environment-store.ts';
import { EVERYTHING } from '../../../src/core/permissions.ts';
import { LISTABLE_FIELDS } from '../../../src/ports/environment-store.ts';
import { sampleEnvironment, sampleRepository } from '../../support/sample-records.ts';
import { endChildScripts, startChildScript } from '../../support/child-script.ts';

describe('SQLite schema', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-schema-'));
    file = join(folder, 'blueberry.db');
  });
  afterEach(async () => {
    await endChildScripts();
    await rm(folder, { recursive: true });
  });

  const versionOf = (connection: DatabaseSync) => connection.prepare('PRAGMA user_version').get()?.['user_version'];
  const tablesOf = (connection: DatabaseSync) =>
    connection
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map(({ name }) => name);

  it('is brought up to date when the database is opened, and stays so', async () => {
    await openDatabase(file).close();
    const first = new DatabaseSync(file);
    expect(versionOf(first)).toBe(MIGRATIONS.length);
    expect(first.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    const schema = first.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all();
    first.close();
    await openDatabase(file).close();
    const second = new DatabaseSync(file);
    expect(second.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all()).toEqual(schema);
    second.close();
  });

  it('writes every commit through to the disk', async () => {
    const database = openDatabase(file);
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    await database.close();
  });

  it('can be read by its owner only, the files beside it included', async () => {
    const database = openDatabase(file);
    for (const suffix of ['', '-wal', '-shm']) expect((await stat(file + suffix)).mode & 0o777).toBe(0o600);
    await database.close();
  });

  it('is brought up from every earlier version with what is in it', async () => {
    for (let version = 1; version <= MIGRATIONS.length; version += 1) {
      const old = join(folder, `version-${version}.db`);
      const connection = new DatabaseSync(old);
      migrate(connection, old, MIGRATIONS.slice(0, version));
      connection.exec(`INSERT INTO visit VALUES ('env_1', 3, 7, '{"at":"2030-01-01T00:00:00.000Z"}')`);
      connection.close();
      const store = createSqliteStore(openDatabase(old));
      expect(await store.get(EVERYTHING, 'visit', 'env_1')).toEqual({
        id: 'env_1',
        version: 3,
        record: { at: '2030-01-01T00:00:00.000Z' },
      });
      await store.close();
    }
  });

  it('removes what config sets have left behind that are gone', async () => {
    const connection = new DatabaseSync(file);
    migrate(connection, file, MIGRATIONS.slice(0, 4));
    connection.exec(`INSERT INTO config_set VALUES ('cfg_1', 1, 1, '{}')`);
    connection.exec(`INSERT INTO config_set_revision VALUES
      ('cfg_1:1', 1, 1, '{"configSetId":"cfg_1"}'), ('cfg_2:1', 1, 1, '{"configSetId":"cfg_2"}')`);
    connection.close();
    const store = createSqliteStore(openDatabase(file));
    const left = await store.list(EVERYTHING, 'config_set_revision', { limit: 10 });
    expect(left.items.map(({ id }) => id)).toEqual(['cfg_1:1']);
    await store.close();
  });

  it('takes sessions that went on for ones that a password has begun', async () => {
    const connection = new DatabaseSync(file);
    migrate(connection, file, MIGRATIONS.slice(0, 3));
    connection.exec(`INSERT INTO session VALUES ('s', 1, 1, '{"userId":"usr_1"}')`);
    connection.close();
    const store = createSqliteStore(openDatabase(file));
    expect(await store.get(EVERYTHING, 'session', 's')).toMatchObject({
      record: { userId: 'usr_1', provenBy: 'password' },
    });
    await store.close();
  });

  it('keeps when tokens were last used, apart from the tokens', async () => {
    const connection = new DatabaseSync(file);
    migrate(connection, file, MIGRATIONS.slice(0, 2));
    connection.exec(`INSERT INTO api_token VALUES
      ('tok_used', 5, 9, '{"name":"a","lastUsedAt":"2030-01-01T00:00:00.000Z","revokedAt":null}'),
      ('tok_new', 1, 8, '{"name":"b","lastUsedAt":null,"revokedAt":null}')`);
    connection.close();
    const store = createSqliteStore(openDatabase(file));
    const tokens = await store.list(EVERYTHING, 'api_token', { limit: 10 });
    expect(tokens.items).toEqual([
      { id: 'tok_new', version: 1, record: { name: 'b', revokedAt: null } },
      { id: 'tok_used', version: 5, record: { name: 'a', revokedAt: null } },
    ]);
    expect(await store.get(EVERYTHING, 'token_use', 'tok_used')).toMatchObject({
      record: { at: '2030-01-01T00:00:00.000Z' },
    });
    expect(await store.get(EVERYTHING, 'token_use', 'tok_new')).toBeNull();
    await store.close();
  });

  it('gives records of before what has become a part of them', async () => {
    const before = MIGRATIONS.findIndex(({ name }) => name === 'images');
    const connection = new DatabaseSync(file);
    migrate(connection, file, MIGRATIONS.slice(0, before));
    const environment = sampleEnvironment({ id: 'env_old' });
    const { canSleep: _1, ...status } = environment.status;
    const { pinnedImage: _2, ...component } = environment.spec.components[0];
    const old = JSON.stringify({ ...environment, spec: { ...environment.spec, components: [component] }, status });
    const { sealedImageCredential: _3, ...repository } = sampleRepository({ sealedCredential: 'v1.sealed' });
    connection
      .prepare(
        `INSERT INTO environment VALUES ('env_old', 4, 7, 3, 1, 'pending', ?, 'pr-42', 'repo_web', 'main', 'ann@example.org', NULL, 'pr-42', 'main', 'ann@example.org', ?)`,
      )
      .run(environment.metadata.createdAt, old);
    connection.prepare(`INSERT INTO announcement VALUES (1, 'env_old', 3, 1, 'updated', ?)`).run(old);
    connection.prepare(`INSERT INTO effective_values VALUES ('env_old:1', 1, 6, '{"values":{},"origins":{}}')`).run();
    connection.prepare(`INSERT INTO repository VALUES ('repo_web', 2, 5, ?)`).run(JSON.stringify(repository));
    connection.close();
    const database = openDatabase(file);
    const store = createSqliteStore(database);
    expect(await store.get(EVERYTHING, 'environment', 'env_old')).toEqual({
      id: 'env_old',
      version: 4,
      record: environment,
    });
    expect((await store.get(EVERYTHING, 'repository', 'repo_web'))?.record).toEqual(
      sampleRepository({ sealedCredential: 'v1.sealed' }),
    );
    expect((await store.get(EVERYTHING, 'effective_values', 'env_old:1'))?.record.constants).toBeNull();
    const told = database.prepare('SELECT body FROM announcement').get()?.['body'];
    expect(JSON.parse(String(told))).toEqual(environment);
    await store.close();
  });

  it('is changed by a migration whole or not at all', () => {
    const connection = new DatabaseSync(file);
    const broken = [...MIGRATIONS, { name: 'broken', sql: 'CREATE TABLE half (x); CREATE TABLE half (x);' }];
    expect(() => migrate(connection, file, broken)).toThrow(/half already exists/);
    expect(versionOf(connection)).toBe(MIGRATIONS.length);
    expect(tablesOf(connection)).not.toContain('half');
    migrate(connection, file, [...MIGRATIONS, { name: 'mended', sql: 'CREATE TABLE half (x);' }]);
    expect(versionOf(connection)).toBe(MIGRATIONS.length + 1);
    expect(tablesOf(connection)).toContain('half');
    connection.close();
  });

  it('is refused, and left as it is, when a newer version has written it', async () => {
    await openDatabase(file).close();
    const connection = new DatabaseSync(file);
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length + 3}`);
    connection.close();
    expect(() => openDatabase(file)).toThrow(
      expect.objectContaining({
        kind: 'unavailable',
        code: 'newer_schema',
        message: `The database ${file} was written by a newer Blueberry (its schema is ${MIGRATIONS.length + 3}, this one knows up to ${MIGRATIONS.length}). Start the newer version, or choose another DATA_DIR.`,
      }),
    );
    const after = new DatabaseSync(file);
    expect(versionOf(after)).toBe(MIGRATIONS.length + 3);
    after.close();
  });

  it('is refused where the file is something else, and the file is left as it is', async () => {
    const text = 'This is a letter, not a database.\n'.repeat(50);
    await writeFile(file, text);
    expect(() => openDatabase(file)).toThrow(
      /blueberry\.db cannot be used\. The database file is not a SQLite database\./,
    );
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('says where it cannot be made', async () => {
    await writeFile(join(folder, 'in-the-way'), '');
    expect(() => openDatabase(join(folder, 'in-the-way', 'blueberry.db'))).toThrow(
      /The database .*in-the-way\/blueberry\.db cannot be used\..*\.$/,
    );
  });

  it('is made once when several processes open it for the first time', async () => {
    const children = Array.from({ length: 4 }, () => startChildScript('increment-counter.ts', [file, '5']));
    expect(await Promise.all(children.map((child) => child.nextLine()))).toEqual(['done', 'done', 'done', 'done']);
    const store = createSqliteStore(openDatabase(file));
    expect((await store.get(EVERYTHING, 'leader_epoch', 'counter'))?.record.holder).toBe('20');
    await store.close();
  });

  it('has an index for every field by which records are listed, and for each end', async () => {
    const database = openDatabase(file);
    const planOf = (sql: string) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
        .join('; ');
    for (const [kind, fields] of Object.entries<readonly string[]>(LISTABLE_FIELDS)) {
      for (const field of fields) {
        const plan = planOf(
          `SELECT id, stamp FROM ${kind} WHERE body ->> '$.${field}' = 'x' AND id > 'y' ORDER BY id LIMIT 5`,
        );
        expect(plan).toMatch(new RegExp(`^SEARCH ${kind} USING INDEX \\w+ \\(<expr>=\\? AND id>\\?\\)$`));
      }
    }
    for (const kind of ['idempotency_row', 'session', 'sign_in_link']) {
      expect(
        planOf(`SELECT rowid FROM ${kind} WHERE body ->> '$.expiresAt' < 'x' ORDER BY body ->> '$.expiresAt'`),
      ).toMatch(new RegExp(`^SEARCH ${kind} USING (COVERING )?INDEX ${kind}_end`));
    }
    expect(planOf('SELECT id, stamp FROM environment WHERE living = 1 ORDER BY created_at DESC, id DESC LIMIT 5')).toBe(
      'SEARCH environment USING COVERING INDEX environment_by_age (living=?)',
    );
    await database.close();
  });
});
