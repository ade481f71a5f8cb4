import { Failure } from '../core/errors.ts';
import { deriveName, numberedName } from '../core/naming.ts';
import { EVERYTHING } from '../core/permissions.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';

const NUMBERS_IN_TURN = 20;
const NUMBERS_AT_RANDOM = 100_000;

/** Fails with a conflict that names the living environment that has the name. */
export async function assertNameFree(store: EnvironmentStore, name: string): Promise<void> {
  const reservation = await store.get(EVERYTHING, 'name_reservation', name);
  if (!reservation) return;
  throw new Failure(
    'conflict',
    `The name ${name} is taken by the living environment ${reservation.record.environmentId}. Choose another name, or delete that one first.`,
    { code: 'name_taken' },
  );
}

/** A free name made of the branch; the commit still has to reserve it. */
export async function deriveFreeName(store: EnvironmentStore, branch: string): Promise<string> {
  const base = deriveName(branch);
  for (let number = 1; ; number += 1) {
    const candidate =
      number === 1
        ? base
        : numberedName(
            base,
            number <= NUMBERS_IN_TURN ? number : NUMBERS_IN_TURN + Math.ceil(Math.random() * NUMBERS_AT_RANDOM),
          );
    if (!(await store.get(EVERYTHING, 'name_reservation', candidate))) return candidate;
  }
}
