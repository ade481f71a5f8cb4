import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';

/** One try of a process to commit to the store. */
export interface CommitEntry {
  readonly pid: number;
  /** Milliseconds since 1970, when the outcome was known. */
  readonly at: number;
  /** Of the leader on whose behalf it was; null: for a user. */
  readonly epoch: number | null;
  /** What was to be written, as `KIND/ID`. */
  readonly records: readonly string[];
  readonly committed: boolean;
}

/** The same store, with a line in the file for each commit that this process has tried. */
export function journaled(store: EnvironmentStore, file: string): EnvironmentStore {
  return {
    ...store,
    async commit(writes, preconditions) {
      const outcome = await store.commit(writes, preconditions);
      const fence = preconditions.find(({ kind }) => kind === 'leader_epoch');
      const entry: CommitEntry = {
        pid: process.pid,
        at: Date.now(),
        epoch: fence !== undefined && 'version' in fence ? fence.version : null,
        records: writes.map(({ kind, id }) => `${kind}/${id}`),
        committed: outcome.committed,
      };
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
      return outcome;
    },
  };
}

export async function readJournal(file: string): Promise<readonly CommitEntry[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CommitEntry);
}
