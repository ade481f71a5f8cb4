import type { ConditionReason, FailureReason } from '../../../core/diagnosis.ts';
import type { ContainerStatus, Pod } from '../kubernetes/pod-objects.ts';
import type { Event } from '../kubernetes/objects.ts';

/** Why a pod does not run as it should. `since` is when that was first seen, RFC 3339. */
export type PodTrouble =
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly cause: string }
  | { readonly kind: 'waiting'; readonly reason: ConditionReason; readonly message: string; readonly since: string };

export interface TroublePatience {
  /** So long a container may crash before that is called a failure: one that waits for its database does, twice. */
  readonly crashes: number;
  /** So long a pod may find no node: an autoscaler needs a minute or two for one. */
  readonly unschedulableMs: number;
  /** Registries fail for moments. */
  readonly pullMs: number;
}

export const DEFAULT_PATIENCE: TroublePatience = { crashes: 3, unschedulableMs: 180_000, pullMs: 10_000 };

const REFUSED = /\b(401|403)\b|unauthorized|forbidden|denied|no basic auth/i;
const MESSAGE_MAX_LENGTH = 300;

/** What is wrong with a pod, worst first; null where nothing is, or nothing yet. */
export function troubleOf(
  pod: Pod,
  events: readonly Event[],
  now: number,
  patience: TroublePatience = DEFAULT_PATIENCE,
): PodTrouble | null {
  if (pod.metadata.deletionTimestamp !== undefined) return null;
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const troubles = statuses.flatMap((status) => containerTrouble(pod, status, now, patience) ?? []);
  return (
    troubles.find(({ kind }) => kind === 'failed') ??
    troubles[0] ??
    unschedulable(pod, now, patience) ??
    unready(pod, events)
  );
}

function containerTrouble(
  pod: Pod,
  status: ContainerStatus,
  now: number,
  patience: TroublePatience,
): PodTrouble | null {
  const waiting = status.state?.waiting;
  const since = pod.metadata.creationTimestamp;
  switch (waiting?.reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'InvalidImageName': {
      const why = shortened(waiting.message ?? waiting.reason);
      const cause = `${status.image} can't be pulled: ${why}`;
      if (now - Date.parse(since) < patience.pullMs)
        return { kind: 'waiting', reason: 'Starting', message: `${cause}. Trying again.`, since };
      return { kind: 'failed', reason: REFUSED.test(why) ? 'ImagePullRefused' : 'ImagePullFailed', cause };
    }
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return {
        kind: 'failed',
        reason: 'ContainerRefused',
        cause: `Container ${status.name} can't be started: ${shortened(waiting.message ?? waiting.reason)}`,
      };
    default:
      return crashed(status, patience, since);
  }
}

function crashed(status: ContainerStatus, { crashes }: TroublePatience, since: string): PodTrouble | null {
  const last = status.state?.terminated ?? status.lastState?.terminated;
  if (!last || (last.exitCode === 0 && last.reason !== 'OOMKilled')) return null;
  if (last.reason === 'OOMKilled') {
    return {
      kind: 'failed',
      reason: 'OutOfMemory',
      cause: `Container ${status.name} was ended because it took more memory than its limit`,
    };
  }
  if (status.ready) return null;
  const how = `ended with exit code ${String(last.exitCode)}`;
  if (status.restartCount >= crashes || status.state?.waiting?.reason === 'CrashLoopBackOff')
    return {
      kind: 'failed',
      reason: 'Crashed',
      cause: `Container ${status.name} crashed ${String(Math.max(1, status.restartCount))} times, the last one ${how}`,
    };
  const message = `Container ${status.name} ${how}. Kubernetes starts it again.`;
  return { kind: 'waiting', reason: 'Restarting', message, since };
}

function unschedulable(pod: Pod, now: number, { unschedulableMs }: TroublePatience): PodTrouble | null {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return null;
  const why = shortened(scheduled.message ?? 'no node fits');
  const since = scheduled.lastTransitionTime ?? pod.metadata.creationTimestamp;
  if (now - Date.parse(since) < unschedulableMs)
    return { kind: 'waiting', reason: 'Starting', message: `Waiting for a node with room: ${why}.`, since };
  return { kind: 'failed', reason: 'NoCapacity', cause: `No node has room for ${pod.metadata.name}: ${why}` };
}

/** Runs, and does not become ready: what its probe says, where that was told. */
function unready(pod: Pod, events: readonly Event[]): PodTrouble | null {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  if (pod.status?.phase !== 'Running' || ready?.status !== 'False') return null;
  const probe = events
    .filter(({ reason, involvedObject }) => reason === 'Unhealthy' && involvedObject.uid === pod.metadata.uid)
    .at(-1);
  const why = probe?.message === undefined ? '' : `: ${shortened(probe.message)}`;
  return {
    kind: 'waiting',
    reason: 'Starting',
    message: `Waiting for ${pod.metadata.name} to be ready${why}.`,
    since: ready.lastTransitionTime ?? pod.metadata.creationTimestamp,
  };
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim().replace(/[.\s]+$/, '');
  return line.length > MESSAGE_MAX_LENGTH ? `${line.slice(0, MESSAGE_MAX_LENGTH - 1)}…` : line;
}
