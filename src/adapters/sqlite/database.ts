import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Failure } from '../../core/errors.ts';
import { migrate } from './migrations.ts';
import { storageFailure } from './sqlite-failure.ts';
import { createWriteQueue } from './write-queue.ts';

/** The few numbers that say whether anything remembered is still true, read together. */
export interface DatabaseState {
  /** Counts the commits of records by any process. */
  readonly commits: number;
  /** Made at random with the database: positions of another log never pass for ones of this. */
  readonly epoch: string;
  /** Position of the newest announcement. */
  readonly logHead: number;
  /** The newest position that has been trimmed from the log. */
  readonly logTrimmed: number;
}

/** An open database file, shared by the store and the event bus. */
export interface Database {
  readonly file: string;
  /** Each text is compiled once. */
  prepare(sql: string): StatementSync;
  /** Calls `query` and turns what SQLite throws into a `Failure`. */
  read<T>(query: () => T): T;
  /**
   * Runs `work` inside of a write transaction and resolves once that is on the disk. `work` either decides not to write
   * and says so in its result, or writes all that it wants to, or throws, and then nothing of it is kept. It may run
   * twice.
   */
  write<T>(work: () => T): Promise<T>;
  /** Read at most once in a turn of the event loop, and again after each write of this process. */
  state(): DatabaseState;
  /** Waits for what is being written. Nothing can be read or written afterwards. Again is fine. */
  close(): Promise<void>;
}

/** How long to wait for another process that writes, in milliseconds; this blocks the whole process. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the file, or makes it, readable by its owner only, and brings its schema up to date. Fails with `unavailable`
 * and a sentence that names the file when that can't be done.
 */
export function openDatabase(file: string): Database {
  const connection = connect(file);
  const statements = new Map<string, StatementSync>();
  let known: DatabaseState | null = null;
  const forget = (): void => {
    known = null;
  };
  const queue = createWriteQueue(connection, forget);

  function prepare(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (!statement) {
      statement = connection.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }

  function read<T>(query: () => T): T {
    try {
      return query();
    } catch (error) {
      throw storageFailure(error, file);
    }
  }

  function readState(): DatabaseState {
    const row = prepare('SELECT commits, epoch, log_head AS logHead, log_trimmed AS logTrimmed FROM state').get();
    setImmediate(forget);
    return row as unknown as DatabaseState;
  }

  return {
    file,
    prepare,
    read,
    async write(work) {
      try {
        return await queue.write(work);
      } catch (error) {
        throw storageFailure(error, file);
      }
    },
    state: () => (known ??= readState()),
    async close() {
      if (!connection.isOpen) return;
      await queue.drain();
      statements.clear();
      forget();
      connection.close();
    },
  };
}

function connect(file: string): DatabaseSync {
  let connection: DatabaseSync | null = null;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Made before SQLite would make it, so that it is never readable by others; its side files take its permissions.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec('PRAGMA synchronous = FULL');
    connection.exec('PRAGMA trusted_schema = OFF');
    migrate(connection, file);
    return connection;
  } catch (error) {
    if (connection?.isOpen === true) connection.close();
    throw openFailure(storageFailure(error, file), file);
  }
}

/** What cannot be opened is told to whoever starts Blueberry, so the sentence says which file it is. */
function openFailure(error: unknown, file: string): Failure {
  if (error instanceof Failure && error.code === 'newer_schema') return error;
  const [code, why] =
    error instanceof Failure
      ? [error.code, error.message]
      : ['storage_failed', `Check that DATA_DIR can be written by the user who runs Blueberry (${String(error)}).`];
  return new Failure('unavailable', `The database ${file} cannot be used. ${why}`, { code, cause: error });
}
