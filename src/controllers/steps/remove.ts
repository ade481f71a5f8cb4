import type { Environment } from '../../core/environment.ts';
import type { RemovalObservation } from '../../ports/environment-runtime.ts';
import { put } from '../../services/unit-of-work.ts';
import { lookAgain, withCondition, withStatus, type Draft, type ReconcileStep } from '../reconcile-context.ts';

/** After this long the message names what is in the way. Removal is tried for as long as it takes. */
const REMOVAL_DEADLINE_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 500;
/** What is stuck waits for a person. */
const LOOK_AGAIN_WHEN_LATE_MS = 10_000;

/** Takes down what is marked for deletion. The record becomes an archive once nothing is left to be seen. */
export const remove: ReconcileStep = {
  name: 'remove',
  async run(context, draft) {
    const { metadata } = draft.environment;
    if (metadata.deletionTimestamp === null) return { go: 'on', draft };
    context.fetches.cancel(metadata.id);
    context.imageLookups?.cancel(metadata.id);
    const observation = await context.runtime.remove({ id: metadata.id, name: metadata.name });
    const now = context.clock.timestamp();
    if (observation.presence !== 'absent') {
      const late = context.clock.now() - Date.parse(metadata.deletionTimestamp) > REMOVAL_DEADLINE_MS;
      const blockedBy = observation.blockedBy ?? 'Waiting for what runs to end.';
      const message = late ? `The removal is stuck: ${blockedBy}` : `Removing: ${blockedBy}`;
      const waiting = withCondition(draft, now, 'Removed', 'False', late ? 'RemovalBlocked' : 'Removing', message);
      return {
        go: 'stop',
        draft: lookAgain(
          withStatus(waiting, { serving: null, health: observation.health }),
          late ? LOOK_AGAIN_WHEN_LATE_MS : LOOK_AGAIN_MS,
        ),
      };
    }
    const gone = withCondition(draft, now, 'Removed', 'True', 'Done', 'Everything it owned has been removed.');
    return { go: 'stop', draft: archived(gone, metadata.deletionTimestamp, observation, now) };
  },
};

function archived(draft: Draft, requestedAt: string, observation: RemovalObservation, now: string): Draft {
  const { id } = draft.environment.metadata;
  const status: Partial<Environment['status']> = { archivedAt: now, serving: null, sync: 'Unknown', health: 'Missing' };
  return {
    ...withStatus(draft, status),
    writes: [
      ...draft.writes,
      put('receipt', id, { environmentId: id, requestedAt, completedAt: now, removed: observation.removed }),
      { op: 'delete', kind: 'visit', id },
    ],
    againInMs: null,
  };
}
