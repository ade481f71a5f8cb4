import { EVERYTHING } from '../core/permissions.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Precondition } from '../ports/environment-store.ts';
import { put, unchanged } from '../services/unit-of-work.ts';

const EPOCH_ID = 'controller';

/**
 * Begins a new epoch in the store, once at each takeover. The returned precondition is part of every commit that the
 * leader makes from then on, so a predecessor that wakes up late can't write anything.
 */
export async function takeOver(store: EnvironmentStore, holder: string, clock: Clock): Promise<Precondition> {
  for (;;) {
    const current = await store.get(EVERYTHING, 'leader_epoch', EPOCH_ID);
    const record = { holder, takenAt: clock.timestamp() };
    const outcome = await store.commit(
      [put('leader_epoch', EPOCH_ID, record)],
      [unchanged('leader_epoch', EPOCH_ID, current)],
    );
    if (outcome.committed) return { kind: 'leader_epoch', id: EPOCH_ID, version: (current?.version ?? 0) + 1 };
  }
}
