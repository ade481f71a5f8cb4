import { rmSync } from 'node:fs';
import { mkdtemp, mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { findProgram, howToGet } from '../../scripts/requirements.ts';
import type { Requirement } from '../../scripts/tiers.ts';
import { cacheFolder, missingParts, partFolder } from '../cache.ts';
import { type Part, parts } from '../parts.ts';
import { getGo, type Go } from './go.ts';
import { locked } from './lock.ts';
import { makePart } from './make-part.ts';

/** What Go's caches and one part take on disk at most while everything is built, in bytes. */
const SPACE_TO_BUILD = 14e9;
/** Set while working on the testbed: Go and its caches are kept for the next run, about 12 GB. */
const keepGo = (process.env.BLUEBERRY_KEEP_GO ?? '') !== '';

const started = performance.now();
const folder = cacheFolder();
const lookFor: Requirement[] = ['git', 'redis-server', 'openssl'];
if (missingParts().length > 0) lookFor.push('python3-venv');
const absent = lookFor.filter((need) => findProgram(need) === undefined);
if (absent.length > 0) {
  for (const need of absent) console.error(`${need} is missing. Get it with: ${howToGet(need)}`);
  process.exit(1);
}

for (const part of Object.values(parts)) if (!missingParts().includes(part)) report(part, 'is there');
if (missingParts().length > 0) {
  await mkdir(folder, { recursive: true });
  const wait = (): void => console.log('Another run is building already. Waiting for it.');
  await locked(folder, wait, buildMissing).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
if (process.exitCode === undefined) console.log(`The testbed is ready in ${folder} (${seconds(started)} s).`);

async function buildMissing(): Promise<void> {
  const missing = missingParts();
  // Whoever holds the lock is alone: such a folder is what a killed run has left.
  for (const name of await readdir(folder)) {
    if (name.startsWith('.build-')) await rm(join(folder, name), { recursive: true, force: true });
  }
  if (missing.length === 0) return;
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < SPACE_TO_BUILD) {
    const free = Math.round((bavail * bsize) / 1e9);
    const advice = 'Make room, or name another folder in BLUEBERRY_CACHE_DIR';
    throw new Error(
      `Building takes up to ${SPACE_TO_BUILD / 1e9} GB for a while; ${folder} has ${free} GB. ${advice}.`,
    );
  }
  const work = await mkdtemp(join(folder, '.build-'));
  const goHome = keepGo ? join(folder, '.go') : join(work, 'go');
  await mkdir(goHome, { recursive: true });
  // Compilers leave the machine to whoever works on it.
  setPriority(19);
  const leave = (): void => {
    // After what ends the compilers: they still write.
    process.once('exit', () => rmSync(work, { recursive: true, force: true, maxRetries: 5 }));
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave);
  try {
    const begin = performance.now();
    const go = await getGo(goHome);
    console.log(`Go is there after ${seconds(begin)} s`);
    for (const part of missing) await build(part, go, join(work, part.key));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A part is made aside and then moved into its place, so that it is never seen half done. */
async function build(part: Part, go: Go, draft: string): Promise<void> {
  const begin = performance.now();
  await mkdir(draft);
  await makePart(part, go, draft);
  await rename(draft, partFolder(part));
  report(part, `was made in ${seconds(begin)} s`);
}

function report(part: Part, what: string): void {
  console.log(`${part.name.padEnd(16)} ${part.version.padEnd(9)} ${what}`);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
