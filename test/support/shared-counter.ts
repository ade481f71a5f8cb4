import { EVERYTHING } from '../../src/core/permissions.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';

const ID = 'counter';

export async function readCounter(store: EnvironmentStore): Promise<{ value: number; version: number }> {
  const read = await store.get(EVERYTHING, 'leader_epoch', ID);
  return { value: Number(read?.record.holder ?? 0), version: read?.version ?? 0 };
}

/** Reads, adds one and commits, and tries again for as long as somebody else was faster. */
export async function incrementCounter(store: EnvironmentStore): Promise<void> {
  for (;;) {
    const { value, version } = await readCounter(store);
    const outcome = await store.commit(
      [{ op: 'put', kind: 'leader_epoch', id: ID, record: { holder: String(value + 1), takenAt: '' } }],
      [version === 0 ? { kind: 'leader_epoch', id: ID, absent: true } : { kind: 'leader_epoch', id: ID, version }],
    );
    if (outcome.committed) return;
  }
}
