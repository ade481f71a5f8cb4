import { randomBytes } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../../core/errors.ts';

export interface CipherKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const KEY_LINE = /^([a-z0-9]{4,32}) ([A-Za-z0-9+/]{43}=)$/;
const HEADER = [
  '# Keys of Blueberry, one a line: id and 32 bytes in base64. The first one seals, each of them opens.',
  '# Without this file no sealed secret can be read any more: back it up, apart from the database.',
];

/** The keys in the file, the one that seals first. A file that is not there yet is made with one new key. */
export function loadKeys(file: string): readonly [CipherKey, ...CipherKey[]] {
  try {
    if (!exists(file)) makeKeyFile(file);
    return parseKeys(file, readPrivateFile(file));
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw keyFileFailure(
      file,
      code === 'EACCES' || code === 'EPERM'
        ? 'may not be read or made by this user. Correct the owner and the permissions of it and its folder'
        : `cannot be used (${message})`,
    );
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Whole or not at all: written beside its place, and put there only if nobody else was faster. */
function makeKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const id = randomBytes(6).toString('hex');
  const draft = `${file}.${id}`;
  const key = randomBytes(KEY_BYTES).toString('base64');
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, [...HEADER, `${id} ${key}`, ''].join('\n'));
    fsyncSync(descriptor);
    linkSync(draft, file);
    syncFolder(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    unlinkSync(draft);
  }
}

/** A name is only as durable as the folder that holds it. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readPrivateFile(file: string): string {
  const { mode } = statSync(file);
  if ((mode & 0o077) !== 0) {
    throw keyFileFailure(
      file,
      `can be read by other users (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${file}`,
    );
  }
  return readFileSync(file, 'utf8');
}

function parseKeys(file: string, text: string): readonly [CipherKey, ...CipherKey[]] {
  const keys: CipherKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, id, key] = KEY_LINE.exec(line.trimEnd()) ?? [];
    if (id === undefined || key === undefined) {
      throw keyFileFailure(file, `is damaged in line ${String(index + 1)}. Restore it from a backup`);
    }
    if (keys.some((known) => known.id === id)) {
      throw keyFileFailure(file, `names the key ${id} twice. Keep the right one of the two`);
    }
    keys.push({ id, key: Buffer.from(key, 'base64') });
  }
  const [first, ...others] = keys;
  if (!first) throw keyFileFailure(file, 'holds no key: it has been cut off. Restore it from a backup');
  return [first, ...others];
}

function keyFileFailure(file: string, what: string): Failure {
  return new Failure('unavailable', `The key file ${file} ${what}.`, { code: 'key_file' });
}
