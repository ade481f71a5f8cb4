import type { Application } from '../kubernetes/argocd-objects.ts';
import type { Event } from '../kubernetes/objects.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { newestOf, timeOf } from './probe-trouble.ts';
import { failureIn, type SyncFailure } from './sync-failure.ts';
import { ownerName } from './wanted-pods.ts';

/** What makes pods: only by its events is it known that it may not. */
const MAKERS = ['ReplicaSet', 'Job', 'StatefulSet', 'DaemonSet'];
const REFUSALS: readonly string[] = ['QuotaExceeded', 'PodSecurityRefused'];

/**
 * That pods may not be made, by quota or Pod Security; null where nothing says so.
 * @param sinceMs only what was told from then on counts: before, other pods were wanted
 */
export function creationRefusal(
  application: Application,
  pods: readonly Pod[],
  events: readonly Event[],
  sinceMs: number,
): SyncFailure | null {
  const refused = newestOf(
    events.filter(
      (event) =>
        event.reason === 'FailedCreate' &&
        MAKERS.includes(event.involvedObject.kind ?? '') &&
        timeOf(event) >= sinceMs &&
        !hasMadeOneSince(event, pods),
    ),
  );
  if (refused === null) return null;
  const failure = failureIn(refused.message ?? '', application);
  if (!REFUSALS.includes(failure.reason)) return null;
  // What those hold that are on their way out is free soon, and it is tried again then.
  const isFreeSoon = pods.some(({ metadata }) => metadata.deletionTimestamp !== undefined);
  return failure.reason === 'QuotaExceeded' && isFreeSoon ? null : failure;
}

function hasMadeOneSince(event: Event, pods: readonly Pod[]): boolean {
  const { kind = '', name } = event.involvedObject;
  return pods.some(
    (pod) => ownerName(pod, kind) === name && Date.parse(pod.metadata.creationTimestamp) >= timeOf(event),
  );
}
