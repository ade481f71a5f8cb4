import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../ports/clock.ts';
import type { Election, Leadership } from '../../ports/election.ts';
import { isBusy, storageFailure } from './sqlite-failure.ts';

export interface SqliteElectionOptions {
  /** A file of its own: its write lock is held for as long as this process leads. */
  readonly file: string;
  readonly clock: Clock;
  /** What `leader()` says of this process; left out: host and process id. */
  readonly holder?: string;
}

const RETRY_MS = 200;

/** Connections that hold a lock: one that nobody refers to would be collected, and the lock lost without a word. */
const held = new Set<DatabaseSync>();

/**
 * Whoever has the write lock of the file leads. The operating system frees the lock when the process ends, however it
 * ends, so there is no lease to wait for and no clock to trust. The file must be on a disk of this machine.
 */
export function createSqliteElection(options: SqliteElectionOptions): Election {
  const { file, clock } = options;
  const holder = options.holder ?? `${hostname()} (process ${String(process.pid)})`;

  return {
    async campaign(signal) {
      for (;;) {
        signal.throwIfAborted();
        const connection = orFailure(file, () => tryToLead(file, holder));
        if (connection) return leadership(connection);
        await clock.sleep(RETRY_MS, signal);
      }
    },
    async leader() {
      return orFailure(file, () => currentHolder(file));
    },
  };
}

/** A connection that holds the lock, or null while another one does. */
function tryToLead(file: string, holder: string): DatabaseSync | null {
  const connection = open(file);
  try {
    connection.exec('CREATE TABLE IF NOT EXISTS leader (id INTEGER PRIMARY KEY CHECK (id = 1), holder TEXT) STRICT');
    connection.exec('BEGIN IMMEDIATE');
    connection.prepare('INSERT OR REPLACE INTO leader (id, holder) VALUES (1, ?)').run(holder);
    // Others can only read what is committed, and a commit lets go of the lock for a moment. Who finds somebody
    // else's name after that moment was overtaken in it.
    connection.exec('COMMIT');
    connection.exec('BEGIN IMMEDIATE');
    if (readHolder(connection) === holder) return connection;
  } catch (error) {
    if (!isBusy(error)) {
      connection.close();
      throw error;
    }
  }
  connection.close();
  return null;
}

function leadership(connection: DatabaseSync): Leadership {
  const ended = new AbortController();
  held.add(connection);
  return {
    signal: ended.signal,
    async resign() {
      if (ended.signal.aborted) return;
      ended.abort();
      held.delete(connection);
      // Closing ends the transaction, and with it the lock.
      connection.close();
    },
  };
}

/** The lock tells whether anybody leads; the name may be that of one who died. */
function currentHolder(file: string): string | null {
  const connection = open(file);
  try {
    connection.exec('BEGIN IMMEDIATE');
    return null;
  } catch (error) {
    if (!isBusy(error)) throw error;
    return readHolder(connection);
  } finally {
    connection.close();
  }
}

function readHolder(connection: DatabaseSync): string | null {
  const row = connection.prepare('SELECT holder FROM leader').get();
  return row ? String(row['holder']) : null;
}

/** In the mode with a rollback journal, so that the lock file has no files beside it while it is held. */
function open(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return new DatabaseSync(file, { timeout: 0 });
}

function orFailure<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storageFailure(error, file);
  }
}
