import { findCondition } from '../../core/condition.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import { lookAgain, withCondition, type ReconcileStep } from '../reconcile-context.ts';

const LOOK_AGAIN_MS = 1_000;

/** Lets it in once whatever ran under the same name is gone, so that no URL ever serves the wrong one. */
export const admit: ReconcileStep = {
  name: 'admit',
  async run(context, draft) {
    const { metadata, status } = draft.environment;
    const now = context.clock.timestamp();
    const admitted = findCondition(status.conditions, 'Admitted')?.status === 'True';
    if (!admitted) {
      // This one holds the reservation of the name, so any other of that name is on its way out.
      const sameName = await context.store.listEnvironments(EVERYTHING, { name: metadata.name }, { limit: 50 });
      if (sameName.items.some(({ id }) => id !== metadata.id)) {
        const message = `Waiting for the previous ${metadata.name} to be removed.`;
        const waiting = withCondition(draft, now, 'Admitted', 'False', 'WaitingForPredecessor', message);
        return { go: 'stop', draft: lookAgain(waiting, LOOK_AGAIN_MS) };
      }
    }
    return { go: 'on', draft: withCondition(draft, now, 'Admitted', 'True', 'Done', 'The name is free.') };
  },
};
