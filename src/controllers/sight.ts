import type { RuntimeObservation } from '../ports/environment-runtime.ts';
import { lookAgain, withCondition, type Draft, type ReconcileContext } from './reconcile-context.ts';

/** What was seen longer ago says nothing of what is so now: better to say that nobody knows than a stale green. */
const BLIND_AFTER_MS = 60_000;
const LOOK_AGAIN_MS = 5_000;

/**
 * What a call of the runtime saw; null once nothing has been seen of the environment for a minute. A failure before
 * that is the caller's, and is tried again.
 */
export async function sightOf(
  { clock, log, startedAt, lastSeen }: ReconcileContext,
  id: string,
  call: () => Promise<RuntimeObservation>,
): Promise<RuntimeObservation | null> {
  try {
    const seen = await call();
    lastSeen.set(id, Date.parse(seen.observedAt));
    return clock.now() - Date.parse(seen.observedAt) > BLIND_AFTER_MS ? null : seen;
  } catch (error) {
    if (clock.now() - (lastSeen.get(id) ?? startedAt) <= BLIND_AFTER_MS) throw error;
    log.warn({ environment: id, error: String(error) }, 'The runtime does not say how an environment is.');
    return null;
  }
}

/** What is known of an environment that can't be seen. */
export function unseen({ clock, startedAt, lastSeen }: ReconcileContext, draft: Draft): Draft {
  const since = new Date(lastSeen.get(draft.read.id) ?? startedAt).toISOString();
  const message = `Nothing has been seen of it since ${since}: it may run or not. Blueberry keeps looking.`;
  return lookAgain(
    withCondition(draft, clock.timestamp(), 'Healthy', 'Unknown', 'HealthUnknown', message),
    LOOK_AGAIN_MS,
  );
}
