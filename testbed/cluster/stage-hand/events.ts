import { createHash } from 'node:crypto';
import { KubernetesError, type KubernetesClient } from '../kubernetes-client.ts';
import type { Pod } from './pod.ts';

/** Leaves a warning at the Pod, as kubelets do. Said again, it is the same event. */
export function warn(client: KubernetesClient, pod: Pod, reason: string, message: string): Promise<void> {
  return say(client, pod, { type: 'Warning', reason, message });
}

/** The same for what is no reason to worry. */
export async function say(
  client: KubernetesClient,
  pod: Pod,
  { type = 'Normal', reason, message }: { type?: 'Normal' | 'Warning'; reason: string; message: string },
): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const id = createHash('sha256').update(`${uid}${reason}${message}`).digest('hex').slice(0, 16);
  const now = new Date().toISOString();
  try {
    await client.request('POST', `/api/v1/namespaces/${namespace}/events`, {
      metadata: { name: `${name}.${id}`, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
      type,
      reason,
      message,
      source: { component: 'kubelet', host: pod.spec.nodeName },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  } catch (error) {
    // 409: it has been said. 403: the namespace is going, and takes no new objects.
    if (!(error instanceof KubernetesError) || ![409, 403].includes(error.status)) throw error;
  }
}
