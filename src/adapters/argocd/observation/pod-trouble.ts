import type { FailureReason } from '../../../core/diagnosis.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { containerTrouble, isKilledByProbe } from './container-trouble.ts';
import { because } from './plain-message.ts';
import { newestOf, probeTrouble } from './probe-trouble.ts';
import type { PodTrouble, Sight } from './trouble.ts';
import { ownerName } from './wanted-pods.ts';

/** A cause stands before what follows from it: a database whose image is missing before the workload that has no database. */
const RANK: readonly FailureReason[] = [
  'ImagePullRefused',
  'ImagePullFailed',
  'ContainerRefused',
  'CommandNotFound',
  'NoCapacity',
  'OutOfMemory',
  'Crashed',
  'PortNeverOpened',
  'HealthCheckFailed',
];
const STUCK_EVENTS = ['FailedMount', 'FailedAttachVolume', 'FailedCreatePodSandBox'];

/** The worst that is wrong with any of the pods; null where nothing is, or nothing yet. */
export function worstTrouble(pods: readonly Pod[], sight: Sight): PodTrouble | null {
  const [worst] = pods
    .flatMap((pod) => troublesOf(pod, sight))
    .sort(
      (left, right) =>
        Number(right.isFinal) - Number(left.isFinal) ||
        rankOf(left) - rankOf(right) ||
        (left.cause < right.cause ? -1 : left.cause > right.cause ? 1 : 0),
    );
  return worst ?? null;
}

function rankOf({ reason }: PodTrouble): number {
  const rank = RANK.indexOf(reason);
  return rank < 0 ? RANK.length : rank;
}

function troublesOf(pod: Pod, sight: Sight): readonly PodTrouble[] {
  const { metadata, status } = pod;
  if (status?.phase === 'Succeeded') return [];
  if (status?.phase === 'Failed') return ownerName(pod, 'Job') === null ? evicted(pod) : [];
  const own = { ...sight, events: sight.events.filter(({ involvedObject }) => involvedObject.uid === metadata.uid) };
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const found = statuses.flatMap((one) => containerTrouble(pod, one, own) ?? []);
  if (found.length > 0) return found;
  return [unschedulable(pod, own) ?? stuck(pod, own) ?? unready(pod, own)].filter((trouble) => trouble !== null);
}

/** A node has thrown it out; another pod takes its place, and may fare no better. */
function evicted({ metadata, status }: Pod): readonly PodTrouble[] {
  if (status?.reason !== 'Evicted') return [];
  const cause = `A pod was evicted from its node${because(status.message)}`;
  return [{ reason: 'Degraded', cause, isFinal: false, since: metadata.creationTimestamp }];
}

function unschedulable({ metadata, status }: Pod, { now, patience }: Sight): PodTrouble | null {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return null;
  const since = scheduled.lastTransitionTime ?? metadata.creationTimestamp;
  return {
    reason: 'NoCapacity',
    cause: `No node of the cluster takes its pod${because(nodesSay(scheduled.message))}`,
    isFinal: now - Date.parse(since) >= patience.unschedulableMs,
    since,
  };
}

/** `0/9 nodes are available: 9 Insufficient cpu. preemption: …` without numbers, which change with the nodes. */
function nodesSay(message: string | undefined): string {
  return (message ?? '')
    .replace(/^\d+\/\d+ nodes are available: /, '')
    .replace(/\.?\s*(?:no new claims to deallocate, )?preemption: .*$/, '')
    .replace(/\b\d+ (?=Insufficient|node|Too many|Preemption|\w+\()/g, '');
}

/** It has a node, and something is missing there before any container is made. */
function stuck({ metadata, status }: Pod, { events, now, patience }: Sight): PodTrouble | null {
  if (status?.phase !== 'Pending') return null;
  const event = newestOf(events.filter(({ reason }) => STUCK_EVENTS.includes(reason ?? '')));
  if (event === null) return null;
  const since = metadata.creationTimestamp;
  return {
    reason: 'ContainerRefused',
    cause: `A pod can't be made ready on its node${because(event.message)}`,
    isFinal: now - Date.parse(since) >= patience.unreadyMs,
    since,
  };
}

function unready(pod: Pod, sight: Sight): PodTrouble | null {
  const { status } = pod;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (status?.phase !== 'Running' || ready?.status !== 'False' || ownerName(pod, 'Job') !== null) return null;
  const since = ready.lastTransitionTime ?? pod.metadata.creationTimestamp;
  const told = probeTrouble(pod, sight.events);
  if (told === null) return null;
  const isKilled = (status.containerStatuses ?? []).some((one) => isKilledByProbe(one, sight));
  const isLong = sight.now - Date.parse(since) >= sight.patience.unreadyMs;
  return { ...told, isFinal: isKilled || isLong, since };
}
