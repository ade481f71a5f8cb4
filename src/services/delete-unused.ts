import { Failure } from '../core/errors.ts';
import { EVERYTHING, type Actor } from '../core/permissions.ts';
import type { RecordTypes } from '../core/records.ts';
import type { EnvironmentFilter, EnvironmentStore, Versioned, Write } from '../ports/environment-store.ts';
import { put, unchanged, type Plan, type UnitOfWork } from './unit-of-work.ts';

type UsedKind = 'repository' | 'config_set';

export interface Deletion<K extends UsedKind> {
  readonly kind: K;
  /** Reads it as the caller sees it, and checks what the caller knows of it. */
  readonly find: () => Promise<Versioned<RecordTypes[K]>>;
  /** Which environments use it. */
  readonly uses: EnvironmentFilter;
  /** Why it can't be deleted while `living` environments use it. */
  readonly inUse: (record: RecordTypes[K], living: number) => Failure;
  /** What goes with it; left out: nothing. */
  readonly belongings?: (id: string) => Promise<Belongings>;
}

/** The next of the records that go with what is deleted, as many as one commit should have. */
export interface Belongings {
  readonly deletions: readonly Write[];
  /** Whether these are the last ones, which go together with it: among them is what it needs while it is there. */
  readonly areLast: boolean;
}

const NONE: Belongings = { deletions: [], areLast: true };

/**
 * Deletes what environments use, unless a living one does. It is closed first: whoever decided to use it before that
 * has either committed, and is counted, or finds it changed and decides anew. Cut off in the middle, it can be asked for
 * again.
 */
export async function deleteUnused<K extends UsedKind>(
  { store, unitOfWork }: { readonly store: EnvironmentStore; readonly unitOfWork: UnitOfWork },
  actor: Actor,
  { kind, find, uses, inUse, belongings = () => Promise.resolve(NONE) }: Deletion<K>,
): Promise<void> {
  const id = await unitOfWork.execute(actor, async () => {
    const found = await find();
    const living = await store.countEnvironments(EVERYTHING, uses);
    if (living > 0) throw inUse(found.record, living);
    const write = put(kind, found.id, { ...found.record, closing: true });
    return { writes: [write], preconditions: [unchanged(kind, found.id, found)], result: found.id };
  });
  for (;;) {
    const outcome = await unitOfWork.execute(actor, async (): Promise<Plan<'gone' | 'more' | Failure>> => {
      const closed = await store.get(EVERYTHING, kind, id);
      if (!closed) return { writes: [], preconditions: [], result: 'gone' };
      const preconditions = [unchanged(kind, id, closed)];
      const living = await store.countEnvironments(EVERYTHING, uses);
      if (living > 0) {
        const { closing: _closing, ...open } = closed.record;
        const reopen = put(kind, id, open as RecordTypes[K]);
        return { writes: [reopen], preconditions, result: inUse(closed.record, living) };
      }
      const { deletions, areLast } = await belongings(id);
      if (!areLast) return { writes: deletions, preconditions, result: 'more' };
      return { writes: [...deletions, { op: 'delete', kind, id }], preconditions, result: 'gone' };
    });
    if (outcome instanceof Failure) throw outcome;
    if (outcome === 'gone') return;
  }
}
