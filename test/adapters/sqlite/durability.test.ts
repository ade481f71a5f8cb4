import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/adapters/sqlite/database.ts';
import { createSqliteEventBus } from '../../../src/adapters/sqlite/sqlite-event-bus.ts';
import { createSqliteStore } from '../../../src/adapters/sqlite/sqlite-environment-store.ts';
import { EVERYTHING } from '../../../src/core/permissions.ts';
import { endChildScripts, startChildScript, type ChildScript } from '../../support/child-script.ts';
import { putEnvironment, sampleEnvironment } from '../../support/sample-records.ts';
import { incrementCounter, readCounter } from '../../support/shared-counter.ts';

describe('SQLite durability', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-durability-'));
    file = join(folder, 'blueberry.db');
  });
  afterEach(async () => {
    await endChildScripts();
    await rm(folder, { recursive: true });
  });

  /** Reads what the child acknowledges until it is killed. */
  async function acknowledgedUntilKilled(child: ChildScript, afterMs: number): Promise<string[]> {
    const ids = [await child.nextLine()];
    const reading = (async () => {
      for (;;) ids.push(await child.nextLine());
    })();
    const ended = expect(reading).rejects.toThrow(/ended/);
    await pause(afterMs);
    await child.end('SIGKILL');
    await ended;
    return ids;
  }

  it.each([
    ['one at a time', 1],
    ['twenty at a time', 20],
  ])('loses nothing acknowledged and keeps no half of anything when it is killed, %s', async (_what, several) => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const child = startChildScript('commit-until-killed.ts', [file, String(several)]);
      acknowledged.push(...(await acknowledgedUntilKilled(child, 20 + round * 37)));
    }
    const database = openDatabase(file);
    const store = createSqliteStore(database);
    const bus = createSqliteEventBus(database);
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    for (const id of acknowledged) {
      const environment = await store.get(EVERYTHING, 'environment', id);
      expect(environment?.version).toBe(1);
      const name = environment?.record.metadata.name ?? '';
      expect((await store.get(EVERYTHING, 'name_reservation', name))?.record).toEqual({ environmentId: id });
    }
    const [environments, reservations, announced] = ['environment', 'name_reservation', 'announcement'].map((table) =>
      Number(database.prepare(`SELECT count(*) AS total FROM ${table}`).get()?.['total']),
    );
    expect(environments).toBe(reservations);
    expect(environments).toBeGreaterThanOrEqual(acknowledged.length);
    expect(announced).toBeGreaterThanOrEqual(acknowledged.length);
    expect(await bus.position()).toMatch(new RegExp(`-${announced}$`));
    await bus.close();
    await store.close();
  });

  it('is shared by two processes without losing a change', async () => {
    const store = createSqliteStore(openDatabase(file));
    await incrementCounter(store);
    const child = startChildScript('increment-counter.ts', [file, '100']);
    for (let count = 0; count < 100; count += 1) await incrementCounter(store);
    expect(await child.nextLine()).toBe('done');
    expect(await readCounter(store)).toEqual({ value: 201, version: 201 });
    await store.close();
  });

  describe('when the disk is full', () => {
    const large = () => sampleEnvironment({ name: 'large', values: { text: 'x'.repeat(4_000_000) } });
    const full = {
      kind: 'unavailable',
      code: 'storage_full',
      message: 'The disk that holds the database is full, so nothing was changed. Free some space, then try again.',
    };

    it('says so, changes nothing, and goes on when there is space again', async () => {
      const database = openDatabase(file);
      const store = createSqliteStore(database);
      const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
      database.prepare(`PRAGMA max_page_count = ${pages + 20}`).get();
      const [kept, refused] = [sampleEnvironment({ name: 'kept' }), large()];
      await store.commit([putEnvironment(kept)], []);
      const [kind, id] = ['name_reservation', 'large'] as const;
      await expect(
        store.commit([{ op: 'put', kind, id, record: { environmentId: 'env_1' } }, putEnvironment(refused)], []),
      ).rejects.toMatchObject(full);
      expect(await store.get(EVERYTHING, kind, id)).toBeNull();
      expect(await store.get(EVERYTHING, 'environment', refused.metadata.id)).toBeNull();
      expect(await store.countEnvironments(EVERYTHING, {})).toBe(1);
      database.prepare('PRAGMA max_page_count = 1000000').get();
      await store.commit([putEnvironment(refused)], []);
      expect(await store.countEnvironments(EVERYTHING, {})).toBe(2);
      await store.close();
    });

    it('refuses only the commit that does not fit of those that are made together', async () => {
      const database = openDatabase(file);
      const store = createSqliteStore(database);
      const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
      database.prepare(`PRAGMA max_page_count = ${pages + 100}`).get();
      const small = ['a', 'b', 'c'].map((name) => sampleEnvironment({ name }));
      const [a, b, refused, c] = await Promise.allSettled([
        ...small.slice(0, 2).map((environment) => store.commit([putEnvironment(environment)], [])),
        store.commit([putEnvironment(large())], []),
        store.commit([putEnvironment(small[2] as (typeof small)[0])], []),
      ]);
      for (const outcome of [a, b, c])
        expect(outcome).toMatchObject({ status: 'fulfilled', value: { committed: true } });
      expect(refused).toMatchObject({ status: 'rejected', reason: full });
      const { items } = await store.listEnvironments(EVERYTHING, {}, { limit: 10 });
      expect(items.map(({ record, version }) => [record.metadata.name, version]).toSorted()).toEqual([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]);
      await store.close();
    });
  });

  it('is unavailable, and says why, while another process keeps it locked', { timeout: 20_000 }, async () => {
    const [store, other] = [createSqliteStore(openDatabase(file)), openDatabase(file)];
    other.prepare('BEGIN IMMEDIATE').run();
    await expect(store.commit([putEnvironment(sampleEnvironment())], [])).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'storage_busy',
      message: 'Another process keeps the database locked. Try again in a moment.',
    });
    expect(await store.countEnvironments(EVERYTHING, {})).toBe(0);
    other.prepare('ROLLBACK').run();
    await store.commit([putEnvironment(sampleEnvironment())], []);
    await other.close();
    await store.close();
  });
});
