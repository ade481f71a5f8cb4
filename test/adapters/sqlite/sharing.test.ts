import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../src/adapters/sqlite/database.ts';
import { createAnswers, createRecordCache } from '../../../src/adapters/sqlite/record-cache.ts';
import { createSqliteEventBus } from '../../../src/adapters/sqlite/sqlite-event-bus.ts';
import { createSqliteStore } from '../../../src/adapters/sqlite/sqlite-environment-store.ts';
import { EVERYTHING } from '../../../src/core/permissions.ts';
import type { EnvironmentStore } from '../../../src/ports/environment-store.ts';
import type { Announcement } from '../../../src/ports/event-bus.ts';
import { linesAfter, publish } from '../../support/bus-follower.ts';
import { putEnvironment, sampleEnvironment, touched } from '../../support/sample-records.ts';

describe('what is read from SQLite', () => {
  let folder: string;
  let database: Database;
  let store: EnvironmentStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-sharing-'));
    database = openDatabase(join(folder, 'blueberry.db'));
    store = createSqliteStore(database);
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  const isDeeplyFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen));

  it('is one frozen object for one version, however it is read', async () => {
    const environments = [1, 2, 3].map((number) => sampleEnvironment({ name: `pr-${number}` }));
    await store.commit(environments.map(putEnvironment), []);
    const [first] = environments;
    const id = first?.metadata.id ?? '';
    const read = await store.get(EVERYTHING, 'environment', id);
    const listed = await store.listEnvironments(EVERYTHING, {}, { limit: 10 });
    const named = await store.listEnvironments(EVERYTHING, { name: 'pr-1' }, { limit: 10 });
    const missed = await store.listUnannounced(10);
    for (const items of [listed.items, named.items, missed]) expect(items.find((item) => item.id === id)).toBe(read);
    expect(isDeeplyFrozen(read)).toBe(true);
    await store.commit([putEnvironment(sampleEnvironment({ name: 'other' }))], []);
    expect(await store.get(EVERYTHING, 'environment', id)).toBe(read);
    expect((await store.listEnvironments(EVERYTHING, {}, { limit: 10 })).items).toContain(read);
    await store.commit([putEnvironment(touched(environments[0] as never, 'Changed.'))], []);
    const changed = await store.get(EVERYTHING, 'environment', id);
    expect(changed).not.toBe(read);
    expect(read?.record.status.message).not.toBe('Changed.');
    expect(changed?.record.status.message).toBe('Changed.');
  });

  it('is told to those who wait here, also when another process has announced it', async () => {
    const bus = createSqliteEventBus(database);
    const other = openDatabase(database.file);
    const stop = new AbortController();
    const subscription = bus.subscribe({ visibility: EVERYTHING, signal: stop.signal })[Symbol.asyncIterator]();
    const next = subscription.next();
    const environment = sampleEnvironment({ name: 'from-elsewhere' });
    await createSqliteEventBus(other).publish({
      type: 'created',
      environment: { id: environment.metadata.id, version: 1, record: environment },
    });
    const { value } = await next;
    expect(value).toMatchObject({
      kind: 'announcement',
      announcement: { environment: { id: environment.metadata.id } },
    });
    stop.abort();
    await bus.close();
    await other.close();
  });

  it('does not freeze what the caller has given', async () => {
    const environment = sampleEnvironment({ values: { env: { A: 'b' } } });
    await store.commit([putEnvironment(environment)], []);
    await store.get(EVERYTHING, 'environment', environment.metadata.id);
    expect(Object.isFrozen(environment.spec.helmValuesOverride)).toBe(false);
  });

  it('is right however little is kept in memory', async () => {
    const forgetful = createSqliteStore(database, { cachedRecords: 2 });
    const environments = Array.from({ length: 12 }, (_, number) => sampleEnvironment({ name: `pr-${number}` }));
    await forgetful.commit(environments.map(putEnvironment), []);
    for (let round = 0; round < 3; round += 1) {
      const { items } = await forgetful.listEnvironments(EVERYTHING, {}, { limit: 20 });
      expect(items.map(({ record }) => record.metadata.id).toSorted()).toEqual(
        environments.map(({ metadata }) => metadata.id).toSorted(),
      );
      await forgetful.commit([putEnvironment(environments[round] as never)], []);
    }
  });

  it('is one object for one announcement, whoever follows', async () => {
    const bus = createSqliteEventBus(database);
    const after = await bus.position();
    await publish(bus, 'created', sampleEnvironment(), 1);
    async function first(): Promise<Announcement | null> {
      for await (const delivery of bus.subscribe({
        after,
        visibility: EVERYTHING,
        signal: AbortSignal.timeout(5_000),
      })) {
        return delivery.kind === 'announcement' ? delivery.announcement : null;
      }
      return null;
    }
    const [one, other] = [await first(), await first()];
    expect(one?.environment).toBe(other?.environment);
    expect(isDeeplyFrozen(one?.environment)).toBe(true);
    await bus.close();
  });

  it('calls created what has moved on within a page before it could be told', async () => {
    const bus = createSqliteEventBus(database);
    const after = await bus.position();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => sampleEnvironment({ name })) as [never, never, never];
    for (const environment of [a, b, c]) await publish(bus, 'created', environment, 1);
    const stop = new AbortController();
    const follower = bus.subscribe({ after, visibility: EVERYTHING, signal: stop.signal })[Symbol.asyncIterator]();
    const delivery = (await follower.next()).value;
    stop.abort();
    await publish(bus, 'updated', b, 2);
    // It left after `a`, and `b` was announced before `c`: it has been told of neither.
    expect(await linesAfter(bus, delivery.position)).toEqual(['created c 1', 'created b 2']);
    await bus.close();
  });
});

describe('the record cache', () => {
  it('forgets what was asked for longest ago', () => {
    const cache = createRecordCache<{ readonly n: number }>(3);
    for (const n of [1, 2, 3]) cache.set(String(n), { n });
    expect(cache.get('1')).toEqual({ n: 1 });
    cache.set('4', { n: 4 });
    expect(['1', '2', '3', '4'].filter((key) => cache.get(key) !== undefined)).toEqual(['1', '3', '4']);
    cache.delete('1');
    expect(cache.get('1')).toBeUndefined();
  });
});

describe('remembered answers', () => {
  it('are given until the next commit, and no more of them are kept than the limit', () => {
    const answers = createAnswers(2);
    let asked = 0;
    const find = (): number => (asked += 1);
    expect([1, 1, 1].map((commits) => answers.remember(commits, 'a', find))).toEqual([1, 1, 1]);
    expect(answers.remember(2, 'a', find)).toBe(2);
    expect(answers.remember(1, 'a', find)).toBe(3);
    answers.remember(1, 'b', find);
    answers.remember(1, 'c', find);
    expect(answers.remember(1, 'a', find)).toBe(6);
  });
});
