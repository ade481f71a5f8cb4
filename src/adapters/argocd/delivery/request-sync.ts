import type { Application } from '../kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure } from '../kubernetes/kubernetes-failure.ts';
import { applications } from '../kubernetes/resources.ts';
import { refreshAnnotations } from './refresh.ts';

/**
 * Has Argo CD look and sync at once, where something that an Application rests on was made anew: by itself it does not
 * try again what has failed (argo-cd#2156).
 */
export async function requestSync(
  client: Pick<KubernetesClient, 'patchJson'>,
  { metadata, operation, spec }: Application,
): Promise<void> {
  if (operation !== undefined) return;
  const { name, namespace, uid, resourceVersion, annotations } = metadata;
  const refreshed = { ...annotations, ...refreshAnnotations() };
  const { syncOptions = [], retry } = spec.syncPolicy ?? {};
  // What was made anew Argo CD may not have heard of yet: a sync without retries fails then, and for good.
  const asked = { initiatedBy: { username: 'blueberry' }, sync: { prune: true, syncOptions }, ...(retry && { retry }) };
  try {
    await client.patchJson(applications, { name, namespace }, [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: '/metadata/annotations', value: refreshed },
      { op: 'add', path: '/operation', value: asked },
    ]);
  } catch (error) {
    // Argo CD was faster, and has looked.
    if (!isKubernetesFailure(error, 'conflict', 'unknown_outcome')) throw error;
  }
}
