import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** `durable` waits for the disk; otherwise a loss of power (and nothing less) may lose the change. */
export interface WriteOptions {
  readonly durable: boolean;
}

/** Replaces a file whole: a reader sees the old text or the new one, and so does the next start after a crash. */
export async function writeWhole(file: string, text: string, { durable }: WriteOptions): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(text);
    if (durable) await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  if (durable) await syncFolder(dirname(file));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Null where there is no such file, or none that is whole (lost with the power before it was on the disk). */
export async function readState<T>(file: string): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

export async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true });
}

export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
