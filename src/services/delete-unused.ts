import type { Failure } from '../core/errors.ts';
import { EVERYTHING, type Actor } from '../core/permissions.ts';
import type { RecordTypes } from '../core/records.ts';
import type { EnvironmentFilter, EnvironmentStore, Versioned, Write } from '../ports/environment-store.ts';
import { put, unchanged, type UnitOfWork } from './unit-of-work.ts';

type UsedKind = 'repository' | 'config_set';

export interface Deletion<K extends UsedKind> {
  readonly kind: K;
  /** Reads it as the caller sees it, and checks what the caller knows of it. */
  readonly find: () => Promise<Versioned<RecordTypes[K]>>;
  /** Which environments use it. */
  readonly uses: EnvironmentFilter;
  /** Why it can't be deleted while `living` environments use it. */
  readonly inUse: (record: RecordTypes[K], living: number) => Failure;
}

/**
 * Deletes what environments use, unless a living one does. It is closed first: whoever decided to use it before that
 * has either committed, and is counted, or finds it changed and decides anew.
 */
export async function deleteUnused<K extends UsedKind>(
  { store, unitOfWork }: { readonly store: EnvironmentStore; readonly unitOfWork: UnitOfWork },
  actor: Actor,
  { kind, find, uses, inUse }: Deletion<K>,
): Promise<void> {
  const id = await unitOfWork.execute(actor, async () => {
    const found = await find();
    const living = await store.countEnvironments(EVERYTHING, uses);
    if (living > 0) throw inUse(found.record, living);
    const write = put(kind, found.id, { ...found.record, closing: true });
    return { writes: [write], preconditions: [unchanged(kind, found.id, found)], result: found.id };
  });
  const refusal = await unitOfWork.execute(actor, async () => {
    const closed = await store.get(EVERYTHING, kind, id);
    if (!closed) return { writes: [], preconditions: [], result: null };
    const living = await store.countEnvironments(EVERYTHING, uses);
    const { closing: _closing, ...open } = closed.record;
    const write: Write = living > 0 ? put(kind, id, open as RecordTypes[K]) : { op: 'delete', kind, id };
    const result = living > 0 ? inUse(closed.record, living) : null;
    return { writes: [write], preconditions: [unchanged(kind, id, closed)], result };
  });
  if (refusal) throw refusal;
}
