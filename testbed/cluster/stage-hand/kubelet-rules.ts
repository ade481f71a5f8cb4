import { collectionPath, type KubernetesClient, type KubernetesObject } from '../kubernetes-client.ts';
import { logFile, previousLogFile } from './container-log.ts';
import type { Pod } from './pod.ts';

const apiVersion = 'kwok.x-k8s.io/v1alpha1';
const kinds = ['ClusterLogs', 'ClusterPortForward'];

/**
 * Tells KWOK which files are the logs of a Pod's containers, and which ports of this machine stand for its ports. The
 * rules are cluster-wide objects by the uid of the Pod, so that nothing of them is seen in its namespace.
 */
export async function tellKwok(
  client: KubernetesClient,
  { metadata, spec }: Pod,
  podLogs: string,
  forwards: readonly { ports: number[]; port: number }[],
): Promise<void> {
  const { namespace, name: pod, uid } = metadata;
  const selector = { matchNamespaces: [namespace], matchNames: [pod] };
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const logs = containers.map(({ name: container }) => {
    const address = { namespace, pod, container };
    return {
      containers: [container],
      logsFile: logFile(podLogs, address),
      previousLogsFile: previousLogFile(podLogs, address),
      follow: true,
    };
  });
  const [first] = forwards;
  // A rule without ports holds for every port that no other rule names.
  const rules = [
    ...forwards.filter(({ ports }) => ports.length > 0),
    ...(first === undefined ? [] : [{ ports: [], port: first.port }]),
  ];
  await Promise.all([
    client.apply({ apiVersion, kind: 'ClusterLogs', metadata: { name: uid }, spec: { selector, logs } }),
    client.apply({
      apiVersion,
      kind: 'ClusterPortForward',
      metadata: { name: uid },
      spec: {
        selector,
        forwards: rules.map(({ ports, port }) => ({ ports, target: { port, address: '127.0.0.1' } })),
      },
    }),
  ]);
}

/** The Pod is gone, and its rules with it. */
export async function forgetRules(client: KubernetesClient, uid: string): Promise<void> {
  await Promise.all(kinds.map((kind) => client.delete({ apiVersion, kind, metadata: { name: uid } })));
}

/** Removes the rules of Pods that went while nobody looked. */
export async function sweepRules(client: KubernetesClient, uids: ReadonlySet<string>): Promise<void> {
  const [kind = ''] = kinds;
  const { items } = await client.request<{ items: KubernetesObject[] }>('GET', collectionPath(apiVersion, kind));
  for (const { metadata } of items) if (!uids.has(metadata.name)) await forgetRules(client, metadata.name);
}
