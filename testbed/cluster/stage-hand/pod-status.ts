import type { ContainerStatus, Pod } from './pod.ts';

export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason?: string;
  message?: string;
  lastTransitionTime: string;
}

export interface PodStatus {
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  conditions: Condition[];
  containerStatuses: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  hostIP: string;
  podIP: string;
  podIPs: { ip: string }[];
  startTime: string;
}

/** The status of a Pod by the states of its containers, as a kubelet derives it. */
export function podStatus(
  pod: Pod,
  containers: readonly ContainerStatus[],
  inits: readonly ContainerStatus[],
  { podIP, startTime }: { podIP: string; startTime: string },
  before: readonly Condition[],
): PodStatus {
  const sidecars = new Set(pod.spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always'));
  const isSidecar = (status: ContainerStatus): boolean => [...sidecars].some(({ name }) => name === status.name);
  const initialized = inits.every((status) => (isSidecar(status) ? status.started : exitCode(status) === 0));
  const phase = phaseOf(
    containers,
    inits.filter((status) => !isSidecar(status)),
    initialized,
  );
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const notReady =
    phase === 'Succeeded' || phase === 'Failed'
      ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const say = (type: string, holds: boolean, otherwise: object = {}): Condition => {
    const status = holds ? 'True' : 'False';
    const same = before.find((condition) => condition.type === type && condition.status === status);
    const lastTransitionTime = same?.lastTransitionTime ?? new Date().toISOString();
    return { type, status, ...(holds ? {} : otherwise), lastTransitionTime };
  };
  return {
    phase,
    conditions: [
      say('PodReadyToStartContainers', true),
      say('Initialized', initialized, { reason: 'ContainersNotInitialized' }),
      say('ContainersReady', unready.length === 0, notReady),
      say('Ready', unready.length === 0, notReady),
    ],
    containerStatuses: [...containers],
    ...(inits.length === 0 ? {} : { initContainerStatuses: [...inits] }),
    hostIP: '127.0.0.1',
    podIP,
    podIPs: [{ ip: podIP }],
    startTime,
  };
}

function phaseOf(
  containers: readonly ContainerStatus[],
  inits: readonly ContainerStatus[],
  initialized: boolean,
): PodStatus['phase'] {
  if (inits.some((status) => (exitCode(status) ?? 0) !== 0)) return 'Failed';
  if (!initialized) return 'Pending';
  const codes = containers.map(exitCode);
  if (codes.every((code) => code !== undefined)) return codes.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  const neverRan = containers.some(({ state, lastState }) => 'waiting' in state && lastState === undefined);
  return neverRan ? 'Pending' : 'Running';
}

/** With which code the container has ended for good; undefined while it runs or will be started again. */
function exitCode({ state }: ContainerStatus): number | undefined {
  return 'terminated' in state ? state.terminated.exitCode : undefined;
}
