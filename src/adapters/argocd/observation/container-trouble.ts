import type { ContainerStatus, Pod } from '../kubernetes/pod-objects.ts';
import { because, plainMessage } from './plain-message.ts';
import type { PodTrouble, Sight } from './trouble.ts';
import { ownerName } from './wanted-pods.ts';

const REFUSED = /\b40[13]\b|unauthorized|forbidden|denied|no basic auth|authorization failed|failed to authorize/i;
const MISSING = /not found|manifest unknown|name unknown|no such image|invalid reference|couldn't parse image/i;
/** What a program was killed with that did not pass its probe. */
const KILLED = [137, 143];

/** What is wrong with one container of a pod; null where nothing is, or nothing yet. */
export function containerTrouble(pod: Pod, status: ContainerStatus, sight: Sight): PodTrouble | null {
  const waiting = status.state?.waiting;
  switch (waiting?.reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
    case 'RegistryUnavailable':
      return pullTrouble(pod, status, sight);
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
      return startTrouble(pod, status, waiting.message, sight);
    case 'RunContainerError':
      return commandTrouble(pod, status, waiting.message) ?? startTrouble(pod, status, waiting.message, sight);
    default:
      return endTrouble(pod, status, sight);
  }
}

/** Whether it was ended so often because it did not pass its probe that it is no chance any more. */
export function isKilledByProbe(status: ContainerStatus, { events, patience }: Sight): boolean {
  return status.restartCount >= patience.restarts && endedByProbe(status, events);
}

function pullTrouble(pod: Pod, status: ContainerStatus, { events, now, patience }: Sight): PodTrouble {
  // The back-off does not always say why; what was tried before it does.
  const told = [
    status.state?.waiting?.message ?? '',
    ...events.filter(({ reason }) => reason === 'Failed').map(({ message = '' }) => message),
  ].map((message) => message.replace(/^Back-off pulling image "[^"]*"(?:: ErrImagePull: )?/, ''));
  const why = told.find((message) => REFUSED.test(message) || MISSING.test(message)) ?? told.find(Boolean) ?? '';
  const since = pod.metadata.creationTimestamp;
  const image = pod.spec?.containers.find(({ name }) => name === status.name)?.image ?? status.image;
  const lastedMs = now - Date.parse(since);
  const failed = (said: string, afterMs: number): PodTrouble => ({
    reason: REFUSED.test(why) ? 'ImagePullRefused' : 'ImagePullFailed',
    cause: `The cluster can't pull the image ${image}: ${said}`,
    isFinal: lastedMs >= afterMs,
    since,
  });
  if (REFUSED.test(why)) return failed('the registry refuses it to the nodes', patience.startMs);
  if (MISSING.test(why)) return failed('there is no such image', patience.startMs);
  const words = plainMessage(lastPart(why));
  return failed(words === '' ? 'its nodes do not say why' : words, patience.registryMs);
}

/** The innermost cause: containerd repeats the name of the image in front of it. */
function lastPart(message: string): string {
  return message.replace(/^.*failed to (?:pull and unpack image|resolve reference|do request)[^:]*(?:"[^"]*")?: /, '');
}

function startTrouble(
  pod: Pod,
  { name, state }: ContainerStatus,
  message: string | undefined,
  { now, patience }: Sight,
): PodTrouble {
  const since = pod.metadata.creationTimestamp;
  return {
    reason: 'ContainerRefused',
    cause: `Container ${name} can't be started${because(message ?? state?.waiting?.reason)}`,
    isFinal: now - Date.parse(since) >= patience.startMs,
    since,
  };
}

/** Null where it is not that the command could not be found or executed. */
function commandTrouble(pod: Pod, { name }: ContainerStatus, message: string | undefined): PodTrouble | null {
  const [, command, why] =
    /exec: "([^"]+)": (?:stat [^:]+: )?(executable file not found|no such file or directory|permission denied)/i.exec(
      message ?? '',
    ) ?? [];
  if (command === undefined || why === undefined) return null;
  const what = /permission/i.test(why) ? 'may not be executed' : 'was not found';
  return {
    reason: 'CommandNotFound',
    cause: `The command \`${command}\` of container ${name} ${what} in its image`,
    isFinal: true,
    since: pod.metadata.creationTimestamp,
  };
}

function endTrouble(pod: Pod, status: ContainerStatus, sight: Sight): PodTrouble | null {
  const last = status.state?.terminated ?? status.lastState?.terminated;
  // Whether a Job has failed is for it to say: it tries again.
  if (!last || status.ready || ownerName(pod, 'Job') !== null) return null;
  const isInit = pod.status?.initContainerStatuses?.includes(status) === true;
  if (isInit && last.exitCode === 0) return null;
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const since = ready?.lastTransitionTime ?? pod.metadata.creationTimestamp;
  if (last.reason === 'StartError' || last.reason === 'ContainerCannotRun')
    return commandTrouble(pod, status, last.message) ?? startTrouble(pod, status, last.message, sight);
  // It never shrinks, so that what is a failure now is one at the next look too.
  const isFinal = status.restartCount >= sight.patience.restarts;
  if (last.reason === 'OOMKilled') return { reason: 'OutOfMemory', cause: outOfMemory(pod, status), isFinal, since };
  if (endedByProbe(status, sight.events)) return null;
  const line = sight.lastLines.get(status.name);
  const cause = `Container ${status.name} crashes with exit code ${String(last.exitCode)}${lastWords(line)}`;
  return { reason: 'Crashed', cause, isFinal, since };
}

function endedByProbe(status: ContainerStatus, events: Sight['events']): boolean {
  const last = status.state?.terminated ?? status.lastState?.terminated;
  return last !== undefined && KILLED.includes(last.exitCode) && events.some(({ reason }) => reason === 'Unhealthy');
}

export function outOfMemory({ spec }: Pod, { name }: Pick<ContainerStatus, 'name'>): string {
  const limit = spec?.containers.find((container) => container.name === name)?.resources?.limits?.['memory'];
  const than = limit === undefined ? 'there was' : `its limit of ${limit}`;
  return `Container ${name} took more memory than ${than} and was killed`;
}

/** `: LINE` without the time in front, which would make another message of each crash; nothing where there is no line. */
export function lastWords(line: string | undefined): string {
  return because(line?.replace(/^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*\]?:?\s*/, ''));
}
