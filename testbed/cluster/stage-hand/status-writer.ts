import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesError, type KubernetesClient } from '../kubernetes-client.ts';
import type { Container, ContainerStatus, Pod } from './pod.ts';
import { type Condition, podStatus } from './pod-status.ts';

/** The status of one Pod, and its way into the API. */
export interface StatusWriter {
  readonly podIp: string;
  of(container: Container): Readonly<ContainerStatus>;
  /** Changes the status of one container, and resolves when the API has it. */
  change(container: Container, change: Partial<ContainerStatus>): Promise<void>;
}

const RETRY_MS = 500;

export function createStatusWriter(
  pod: Pod,
  podIp: string,
  client: KubernetesClient,
  ending: AbortController,
): StatusWriter {
  const { initContainers: inits = [], containers } = pod.spec;
  const statuses = new Map([...inits, ...containers].map((container) => [container.name, firstStatus(container)]));
  const place = { podIP: podIp, startTime: pod.status?.startTime ?? new Date().toISOString() };
  let conditions: Condition[] = [];
  let changed = false;
  let writing: Promise<void> | undefined;

  const of = (container: Container): ContainerStatus => statuses.get(container.name) ?? firstStatus(container);
  return {
    podIp,
    of,
    async change(container, change) {
      ending.signal.throwIfAborted();
      statuses.set(container.name, { ...of(container), ...change });
      changed = true;
      writing ??= write().finally(() => (writing = undefined));
      await writing;
    },
  };

  /** What changes while one status is on its way goes with the next. */
  async function write(): Promise<void> {
    while (changed) {
      changed = false;
      const status = podStatus(pod, containers.map(of), inits.map(of), place, conditions);
      conditions = status.conditions;
      const { namespace, name, uid } = pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
      const body = { metadata: { uid }, status };
      await persistently(ending, () => client.request('PATCH', path, body, 'application/strategic-merge-patch+json'));
    }
  }

  function firstStatus(container: Container): ContainerStatus {
    const reason = inits.length > 0 && !inits.includes(container) ? 'PodInitializing' : 'ContainerCreating';
    return {
      name: container.name,
      image: container.image,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason } },
    };
  }
}

/**
 * Does the work, again and again while the API server is away. A refusal that will stay (the Pod is gone, or another one
 * has its name) ends the act, and rejects.
 */
export async function persistently<T>(ending: AbortController, work: () => Promise<T>): Promise<T> {
  for (;;) {
    ending.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const willStay = error instanceof KubernetesError && [403, 404, 409, 422].includes(error.status);
      if (willStay) ending.abort(error);
      else await sleep(RETRY_MS, undefined, { signal: ending.signal });
    }
  }
}
