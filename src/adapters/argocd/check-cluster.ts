import type { ArgocdSettings } from './argocd-settings.ts';
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts';

/** Whether the cluster can be worked with; fails with what can't be done, and what to do about it. */
export async function checkCluster(client: KubernetesClient, _settings: ArgocdSettings): Promise<void> {
  await client.serverVersion();
}
