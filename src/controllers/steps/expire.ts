import { SYSTEM_ACTOR } from '../../core/permissions.ts';
import { millisecondsUntil } from '../../core/ttl.ts';
import { planDeletion } from '../../services/change-environment.ts';
import { lookAgain, type ReconcileStep } from '../reconcile-context.ts';

/**
 * Ends what has lived its time. Decided on the version that was read, so a renewal that comes in between wins, and
 * never before the `expires_at` that the client was told.
 */
export const expire: ReconcileStep = {
  name: 'expire',
  run(context, draft) {
    if (draft.environment.metadata.deletionTimestamp !== null) return Promise.resolve({ go: 'on', draft });
    const remaining = millisecondsUntil(draft.environment.spec.expiresAt, context.clock.now());
    if (remaining > 0) return Promise.resolve({ go: 'on', draft: lookAgain(draft, remaining) });
    return Promise.resolve({
      go: 'commit',
      plan: planDeletion(context, SYSTEM_ACTOR, draft.read, 'Its time to live is over.'),
    });
  },
};
