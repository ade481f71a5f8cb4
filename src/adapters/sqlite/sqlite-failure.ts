import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../../core/errors.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html) that get a sentence of their own. */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** Less than this left on the disk counts as full: SQLite needs a few pages to write anything at all. */
const FULL_BELOW_BYTES = 64 * 1024;

/**
 * What is to be thrown for an error that came out of SQLite; any other error is returned as it is.
 * The sentence may reach a client, so it does not say where the file is.
 */
export function storageFailure(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code, errcode } = error as Error & { code?: string; errcode?: number };
  if (code === 'ERR_INVALID_STATE') {
    return new Failure('unavailable', 'The database is closed because Blueberry is shutting down. Try again later.', {
      retryAfterSeconds: 5,
      cause: error,
    });
  }
  if (code !== 'ERR_SQLITE_ERROR' || errcode === undefined) return error;
  const primary = errcode & 0xff;
  if (primary === FULL || ((primary === IO_ERROR || primary === CANNOT_OPEN) && isDiskFull(file))) {
    return new Failure(
      'unavailable',
      'The disk that holds the database is full, so nothing was changed. Free some space, then try again.',
      { code: 'storage_full', retryAfterSeconds: 60, cause: error },
    );
  }
  return new Failure('unavailable', sentence(primary, error.message), {
    code: primary === BUSY || primary === LOCKED ? 'storage_busy' : 'storage_failed',
    retryAfterSeconds: primary === BUSY || primary === LOCKED ? 1 : 30,
    cause: error,
  });
}

export function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && ((errcode & 0xff) === BUSY || (errcode & 0xff) === LOCKED);
}

function sentence(primary: number, detail: string): string {
  switch (primary) {
    case BUSY:
    case LOCKED:
      return 'Another process keeps the database locked. Try again in a moment.';
    case READ_ONLY:
      return 'The database cannot be written. Check the owner and the permissions of DATA_DIR.';
    case CANNOT_OPEN:
      return 'The database cannot be opened. Check that DATA_DIR exists and belongs to the user who runs Blueberry.';
    case CORRUPT:
      return 'The database is damaged. Stop Blueberry and restore DATA_DIR from a backup.';
    case NOT_A_DATABASE:
      return 'The database file is not a SQLite database. Choose another DATA_DIR, or restore it from a backup.';
    default:
      return `The database failed (${detail}). Look at the disk and at the log of Blueberry, then try again.`;
  }
}

function isDiskFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < FULL_BELOW_BYTES;
  } catch {
    return false;
  }
}
