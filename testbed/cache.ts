import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Part, parts } from './parts.ts';

/**
 * Where what was built is kept, shared by every clone of this user: `BLUEBERRY_CACHE_DIR`, else `blueberry` in the
 * user's cache folder, and there `testbed`.
 */
export function cacheFolder(): string {
  const { BLUEBERRY_CACHE_DIR: chosen = '', XDG_CACHE_HOME: caches = '' } = process.env;
  const ours = chosen === '' ? join(caches === '' ? join(homedir(), '.cache') : caches, 'blueberry') : chosen;
  return join(ours, 'testbed');
}

/** Folder of a part in the version that this tree wants. It appears whole, or it is not there. */
export function partFolder(part: Part): string {
  return join(cacheFolder(), part.key);
}

/** The parts that still have to be built, none on a warm machine. */
export function missingParts(): readonly Part[] {
  return Object.values(parts).filter((part) => !existsSync(partFolder(part)));
}
