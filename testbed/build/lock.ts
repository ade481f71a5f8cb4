import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while nobody else does so in this folder, in any process of this machine. The lock is one of the
 * operating system on an open file: it ends with its holder, however that ends.
 */
export async function locked<T>(folder: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const file = new DatabaseSync(join(folder, 'lock'));
  try {
    for (let told = false; !take(file); told = true) {
      if (!told) onWait();
      await sleep(500);
    }
    return await work();
  } finally {
    file.close();
  }
}

function take(file: DatabaseSync): boolean {
  try {
    file.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('locked')) return false;
    throw error;
  }
}
