import type { KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { until } from './cluster-tools.ts';

export interface ContainerStateRead {
  waiting?: { reason: string; message?: string };
  running?: object;
  terminated?: { exitCode: number; reason: string };
}

export interface ContainerRead {
  ready: boolean;
  restartCount: number;
  imageID: string;
  state: ContainerStateRead;
  lastState?: ContainerStateRead;
}

export interface PodRead {
  status?: {
    phase?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: ContainerRead[];
  };
}

/** Looks at the Pods of one namespace. */
export interface PodObserver {
  read(name: string): Promise<PodRead>;
  /** Resolves with the first container of the Pod when it is as wanted; `what` names that for the failure. */
  untilContainer(
    name: string,
    what: string,
    wanted: (state: ContainerStateRead, ready: boolean) => boolean,
  ): Promise<ContainerRead>;
  untilReady(name: string): Promise<ContainerRead>;
  /** `REASON: MESSAGE` of each event at the Pod. */
  events(name: string): Promise<string[]>;
}

export function observePods(client: KubernetesClient, namespace: string): PodObserver {
  const observer: PodObserver = {
    read: (name) => client.get<PodRead>({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } }),
    untilContainer: (name, what, wanted) =>
      until(async () => {
        const container = (await observer.read(name)).status?.containerStatuses?.[0];
        return container !== undefined && wanted(container.state, container.ready) && container;
      }, `${name}: ${what}`),
    untilReady: (name) => observer.untilContainer(name, 'ready', (_, ready) => ready),
    async events(name) {
      const { items } = await client.request<{
        items: { involvedObject: { name: string }; reason: string; message: string }[];
      }>('GET', `/api/v1/namespaces/${namespace}/events`);
      return items
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason, message }) => `${reason}: ${message}`);
    },
  };
  return observer;
}
