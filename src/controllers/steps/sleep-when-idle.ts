import { findCondition } from '../../core/condition.ts';
import { withSpec } from '../../core/environment-intent.ts';
import { EVERYTHING, SYSTEM_ACTOR } from '../../core/permissions.ts';
import { deriveStatus } from '../../core/phase.ts';
import { timelineWrite } from '../../services/timeline.ts';
import { replaceEnvironment } from '../../services/unit-of-work.ts';
import { lookAgain, type ReconcileStep } from '../reconcile-context.ts';

/** Puts to sleep what runs well and has not been visited for a while. The next visit wakes it. */
export const sleepWhenIdle: ReconcileStep = {
  name: 'sleep-when-idle',
  async run(context, draft) {
    const { idleSleepMs } = context.settings;
    const { environment } = draft;
    const healthy = findCondition(environment.status.conditions, 'Healthy');
    const stays = idleSleepMs === 0 || environment.spec.asleep || !environment.status.canSleep;
    if (stays || !healthy || deriveStatus(environment).phase !== 'ready') return { go: 'on', draft };
    const visit = await context.store.get(EVERYTHING, 'visit', environment.metadata.id);
    const lastUse = Math.max(Date.parse(healthy.lastTransitionTime), visit ? Date.parse(visit.record.at) : 0);
    const remaining = lastUse + idleSleepMs - context.clock.now();
    if (remaining > 0) return { go: 'on', draft: lookAgain(draft, remaining) };
    const now = context.clock.timestamp();
    const asleep = withSpec(environment, { asleep: true }, now);
    const plan = replaceEnvironment(draft.read, asleep);
    const line = timelineWrite(context.identifiers, SYSTEM_ACTOR, asleep, now, {
      type: 'intent',
      reason: 'PutToSleep',
      message: 'Nobody visited it, so it was put to sleep. The first visit wakes it.',
    });
    return { go: 'commit', plan: { ...plan, writes: [...plan.writes, line] } };
  },
};
