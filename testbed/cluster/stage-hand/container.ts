import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './act.ts';
import { type Behaviour, behaviourOf, settingsOf } from './behaviours.ts';
import { environmentOf } from './container-environment.ts';
import { appendLog, beginLog } from './container-log.ts';
import { say, warn } from './events.ts';
import type { Container, ContainerStatus, Pod, Termination } from './pod.ts';
import { probeFailure, startupMs } from './probes.ts';
import { persistently, type StatusWriter } from './status-writer.ts';
import type { StubApplication } from './stub-application.ts';

export interface ContainerTools {
  stage: Stage;
  pod: Pod;
  statuses: StatusWriter;
  ending: AbortController;
  openDoors(): Promise<void>;
  applicationOf(container: string): StubApplication | undefined;
}

// Kubelets wait 10 s at first and 5 min in the end.
const RETRY_PULL_MS = 2000;
const BACK_OFF_FROM_MS = 1000;
const BACK_OFF_TO_MS = 10_000;
const SLOW_START_MS = 5000;
const UNTIL_CRASH_MS = 200;
/** How long a container that could not be started is seen so before the back-off is. */
const SHOWN_MS = 500;
/** What kubelets give as the time of a start that was none. */
const NEVER = '1970-01-01T00:00:00Z';

/** Acts out one container from its image on. Resolves with its exit code, or never where it runs until it is ended. */
export async function runContainer(container: Container, tools: ContainerTools): Promise<number> {
  const { stage, pod, statuses, ending } = tools;
  const { signal } = ending;
  const behaviour = behaviourOf(pod, container);
  const address = { namespace: pod.metadata.namespace, pod: pod.metadata.name, container: container.name };

  const { digest, imageId } = await pullImage(container, behaviour, tools);
  const env = await makeEnvironment(container, tools);
  await tools.openDoors();
  const application = tools.applicationOf(container.name);
  for (let restarts = 0; ; restarts += 1) {
    const startedAt = new Date().toISOString();
    const containerID = `containerd://${randomBytes(32).toString('hex')}`;
    const made = { imageID: imageId, containerID };
    if (behaviour === 'missing-command') {
      const message = commandNotFound(container);
      const terminated = { exitCode: 128, reason: 'StartError', message, startedAt: NEVER, finishedAt: startedAt };
      const waiting = { reason: 'RunContainerError', message };
      await statuses.change(container, { ...made, state: { waiting }, lastState: { terminated } });
      await persistently(ending, () => warn(stage.client, pod, 'Failed', `Error: ${message}`));
      await sleep(SHOWN_MS, undefined, { signal });
      await backOff(container, tools, restarts, terminated);
      continue;
    }
    beginLog(stage.podLogs, address);
    appendLog(stage.podLogs, address, `Started ${container.image} (${digest})`);
    const failedProbe = probeFailure(container, behaviour, statuses.podIp);
    const ready = failedProbe === undefined && behaviour !== 'slow-start' && !crashes(behaviour);
    const identity = { image: container.image, digest, ...address, env, instance: containerID };
    if (ready && behaviour !== 'unhealthy') application?.serveAs(identity);
    const started = failedProbe === undefined || container.startupProbe === undefined;
    const running = { ...made, state: { running: { startedAt } }, started, ready };
    const endsAtOnce = behaviour === 'job-completes' && settingsOf(pod, container).delayMs === undefined;
    if (!endsAtOnce) await statuses.change(container, running);
    if (behaviour === 'slow-start') {
      await sleep(settingsOf(pod, container).delayMs ?? SLOW_START_MS, undefined, { signal });
      application?.serveAs(identity);
      await statuses.change(container, { ready: true });
    }
    if (failedProbe !== undefined) await persistently(ending, () => warn(stage.client, pod, 'Unhealthy', failedProbe));

    const { lastLine, ...how } = await untilEnd(container, behaviour, tools, failedProbe !== undefined);
    if (lastLine !== undefined) appendLog(stage.podLogs, address, lastLine);
    const terminated = { ...how, startedAt, finishedAt: new Date().toISOString() };
    const stopped = { ...running, ready: false, started: false };
    stage.containerEnded(pod, container.name);
    if (!startsAgain(pod, container, how.exitCode)) {
      await statuses.change(container, { ...stopped, state: { terminated } });
      return how.exitCode;
    }
    await backOff(container, tools, restarts, terminated, stopped);
  }
}

/** What containerd says of a command that the image has not got. */
function commandNotFound({ command }: Container): string {
  const start = 'failed to create containerd task: failed to create shim task: OCI runtime create failed';
  const why = `exec: "${command?.[0] ?? 'no-such-command'}": executable file not found in $PATH`;
  return `${start}: runc create failed: unable to start container process: error during container init: ${why}: unknown`;
}

/** Says that the container will be started again, and resolves when it is time. */
async function backOff(
  container: Container,
  { stage, pod, statuses, ending }: ContainerTools,
  restarts: number,
  terminated: Termination,
  change: Partial<ContainerStatus> = {},
): Promise<void> {
  const pauseMs = Math.min(BACK_OFF_FROM_MS * 2 ** restarts, BACK_OFF_TO_MS);
  const { name, uid, namespace } = pod.metadata;
  const which = `restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
  await statuses.change(container, {
    ...change,
    restartCount: restarts + 1,
    state: { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${pauseMs / 1000}s ${which}` } },
    lastState: { terminated },
  });
  await persistently(ending, () => warn(stage.client, pod, 'BackOff', `Back-off ${which}`));
  await sleep(pauseMs, undefined, { signal: ending.signal });
}

/** Resolves when there is an image, however long that takes; what is wrong meanwhile is in the status and an event. */
async function pullImage(
  container: Container,
  behaviour: Behaviour,
  { stage, pod, statuses, ending }: ContainerTools,
): Promise<{ digest: string; imageId: string }> {
  const { image } = container;
  for (;;) {
    const pull = await stage.images.pull(container, behaviour);
    if (pull.ok) return pull;
    const say = (reason: string, message: string): Promise<void> =>
      statuses.change(container, { state: { waiting: { reason, message } } });
    await say('ErrImagePull', pull.error);
    const message = `Failed to pull image "${image}": ${pull.error}`;
    await persistently(ending, () => warn(stage.client, pod, 'Failed', message));
    await sleep(RETRY_PULL_MS / 2, undefined, { signal: ending.signal });
    await say('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${pull.error}`);
    await sleep(RETRY_PULL_MS / 2, undefined, { signal: ending.signal });
  }
}

/** Resolves when every Secret and ConfigMap that the container names is there. */
async function makeEnvironment(
  container: Container,
  { stage, pod, statuses, ending }: ContainerTools,
): Promise<Record<string, string>> {
  for (;;) {
    const environment = await persistently(ending, () => environmentOf(pod, container, stage.client));
    if (environment.ok) return environment.variables;
    const state = { waiting: { reason: 'CreateContainerConfigError', message: environment.error } };
    await statuses.change(container, { state });
    await persistently(ending, () => warn(stage.client, pod, 'Failed', `Error: ${environment.error}`));
    await sleep(RETRY_PULL_MS, undefined, { signal: ending.signal });
  }
}

type Ending = Pick<Termination, 'exitCode' | 'reason'> & { lastLine?: string };

/** Resolves when the container ends by itself, or is ended because it does not pass its startup probe. */
async function untilEnd(
  container: Container,
  behaviour: Behaviour,
  { stage, pod, ending }: ContainerTools,
  failsProbe: boolean,
): Promise<Ending> {
  const { signal } = ending;
  const { delayMs, exitCode, lastLine } = settingsOf(pod, container);
  switch (behaviour) {
    case 'crash-loop':
    case 'job-fails':
      await sleep(delayMs ?? UNTIL_CRASH_MS, undefined, { signal });
      return { exitCode, reason: 'Error', lastLine: lastLine ?? 'Error: DATABASE_URL is not set' };
    case 'out-of-memory':
      await sleep(delayMs ?? UNTIL_CRASH_MS, undefined, { signal });
      return { exitCode: 137, reason: 'OOMKilled', lastLine: lastLine ?? 'Allocating 512 MiB' };
    case 'job-completes':
      await sleep(delayMs ?? 0, undefined, { signal });
      return { exitCode: 0, reason: 'Completed', lastLine: lastLine ?? 'Done' };
    default: {
      const ms = failsProbe ? startupMs(container) : undefined;
      if (ms === undefined)
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
        );
      await sleep(ms, undefined, { signal });
      const message = `Container ${container.name} failed startup probe, will be restarted`;
      await persistently(ending, () => say(stage.client, pod, { reason: 'Killing', message }));
      return { exitCode: 137, reason: 'Error' };
    }
  }
}

function crashes(behaviour: Behaviour): boolean {
  return behaviour === 'crash-loop' || behaviour === 'out-of-memory' || behaviour === 'job-fails';
}

function startsAgain(pod: Pod, container: Container, exitCode: number): boolean {
  if (container.restartPolicy === 'Always') return true;
  const policy = pod.spec.restartPolicy ?? 'Always';
  const isInit = pod.spec.initContainers?.includes(container) === true;
  return policy === 'Always' ? !isInit || exitCode !== 0 : policy === 'OnFailure' && exitCode !== 0;
}
