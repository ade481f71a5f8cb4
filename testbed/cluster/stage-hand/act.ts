import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesClient } from '../kubernetes-client.ts';
import { type Behaviour, behaviourOf, script } from './behaviours.ts';
import { runContainer } from './container.ts';
import { appendLog } from './container-log.ts';
import { contractProgram, roleOf } from './contract-application.ts';
import type { Images } from './images.ts';
import { tellKwok } from './kubelet-rules.ts';
import type { Pod } from './pod.ts';
import { createStatusWriter, persistently } from './status-writer.ts';
import { startStubApplication, stubProgram, type StubApplication } from './stub-application.ts';

/** What all acts share. */
export interface Stage {
  client: KubernetesClient;
  images: Images;
  podLogs: string;
  /** A container has ended: whoever follows its log gets the end of it. */
  containerEnded(pod: Pod, container: string): void;
}

/** One Pod, acted out: its status, its logs, its ports. */
export interface Act {
  readonly pod: Pod;
  readonly script: string;
  /** Resolves when logs and ports of the Pod can be reached through KWOK, or never will. */
  readonly reachable: Promise<void>;
  isRunning(container: string): boolean;
  /** Ends at once: the Pod is gone, or begins anew. */
  stop(): Promise<void>;
  /** Ends as the Pod says that its containers are to be ended. */
  terminate(): Promise<void>;
}

/** KWOK hears of rules by a watch, and does not say when it has. */
const RULES_REACH_KWOK_MS = 250;
const listening: readonly Behaviour[] = ['serves', 'never-ready', 'unhealthy', 'slow-start', 'job-hangs'];

export function beginAct(pod: Pod, stage: Stage): Act {
  const { initContainers: inits = [], containers } = pod.spec;
  const { namespace, name } = pod.metadata;
  const finished = ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
  const ending = new AbortController();
  const statuses = createStatusWriter(pod, podIp(pod), stage.client, ending);
  const applications = new Map<string, StubApplication>();
  const reached = Promise.withResolvers<void>();
  let doors: Promise<void> | undefined;

  /** Starts an application for each container that opens its port, and tells KWOK the way to them and to the logs. */
  async function openDoors(): Promise<void> {
    const forwards: { ports: number[]; port: number }[] = [];
    for (const container of containers) {
      const behaviour = behaviourOf(pod, container);
      if (!listening.includes(behaviour)) continue;
      const log = (line: string): void =>
        appendLog(stage.podLogs, { namespace, pod: name, container: container.name }, line);
      const mark = roleOf(container.image)?.mark;
      const program = mark === undefined ? stubProgram(log) : contractProgram(mark, log);
      const application = await startStubApplication(program, behaviour === 'unhealthy' ? 500 : 503);
      applications.set(container.name, application);
      forwards.push({ ports: (container.ports ?? []).map((port) => port.containerPort), port: application.port });
    }
    await persistently(ending, () => tellKwok(stage.client, pod, stage.podLogs, forwards));
    setTimeout(reached.resolve, RULES_REACH_KWOK_MS);
  }

  async function play(): Promise<void> {
    const tools = {
      stage,
      pod,
      statuses,
      ending,
      openDoors: () => (doors ??= openDoors()),
      applicationOf: (container: string) => applications.get(container),
    };
    for (const init of inits) {
      const run = runContainer(init, tools);
      if (init.restartPolicy === 'Always') run.catch(report);
      else if ((await run) !== 0) return;
    }
    await Promise.all(containers.map((container) => runContainer(container, tools)));
  }

  function report(error: unknown): void {
    if (!ending.signal.aborted) console.error(`${namespace}/${name}:`, error);
  }

  async function end(graceMs: number): Promise<void> {
    ending.abort();
    reached.resolve();
    await doors?.catch(() => undefined);
    for (const container of [...inits, ...containers]) stage.containerEnded(pod, container.name);
    await Promise.all([...applications.values()].map((application) => application.close(graceMs)));
  }

  if (finished) reached.resolve();
  else play().catch(report);

  return {
    pod,
    script: script(pod),
    reachable: reached.promise,
    isRunning: (container) =>
      [...inits, ...containers].some((one) => one.name === container && 'running' in statuses.of(one).state),
    stop: () => end(0),
    async terminate() {
      const pauses = containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0);
      if (!finished) await sleep(Math.max(0, ...pauses) * 1000);
      await end((pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
    },
  };
}

/** An address that nothing listens on: what leads to a Pod goes through its node. */
function podIp({ metadata }: Pod): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(metadata.uid).digest();
  return `10.${128 + (a % 128)}.${b}.${c}`;
}
