import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWriteQueue, type WriteQueue } from '../../../src/adapters/sqlite/write-queue.ts';

const BUSY = expect.objectContaining({ errcode: 5 }) as unknown;

describe('writes that wait for another process', () => {
  let folder: string;
  let connection: DatabaseSync;
  let other: DatabaseSync;
  let queue: WriteQueue;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-queue-'));
    const file = join(folder, 'blueberry.db');
    connection = new DatabaseSync(file, { timeout: 20 });
    connection.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER) STRICT');
    other = new DatabaseSync(file);
    queue = createWriteQueue(connection, () => undefined);
  });
  afterEach(async () => {
    connection.close();
    other.close();
    await rm(folder, { recursive: true });
  });

  const write = (x: number) =>
    queue.write(() => {
      if (x < 0) throw new Error('can not be written');
      connection.prepare('INSERT INTO t VALUES (?)').run(x);
    });
  const outcomes = (xs: readonly number[]) => Promise.allSettled(xs.map(write));
  const stored = () =>
    other
      .prepare('SELECT x FROM t ORDER BY x')
      .all()
      .map(({ x }) => x);

  it('wait once, however many they are, and all of them fail with what keeps them', async () => {
    other.exec('BEGIN IMMEDIATE');
    const exec = vi.spyOn(connection, 'exec');
    const refused = Array.from({ length: 20 }, () => ({ status: 'rejected', reason: BUSY }));
    expect(await outcomes(Array.from({ length: 20 }, (_, x) => x))).toEqual(refused);
    expect(exec.mock.calls).toEqual([['BEGIN IMMEDIATE']]);
    other.exec('ROLLBACK');
    await write(7);
    expect(stored()).toEqual([7]);
  });

  it('wait once also while they are tried one by one', async () => {
    let begun = 0;
    const exec = connection.exec.bind(connection);
    vi.spyOn(connection, 'exec').mockImplementation((sql) => {
      if (sql === 'BEGIN IMMEDIATE' && (begun += 1) === 3) other.exec(sql);
      exec(sql);
    });
    const settled = await outcomes([1, -1, 2, 3, 4]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'rejected']);
    expect(settled.slice(1).map((outcome) => (outcome as PromiseRejectedResult).reason as unknown)).toEqual([
      BUSY,
      BUSY,
      BUSY,
      BUSY,
    ]);
    expect(begun).toBe(3);
    expect(stored()).toEqual([1]);
    other.exec('ROLLBACK');
  });
});
