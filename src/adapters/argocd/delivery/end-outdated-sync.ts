import type { Application } from '../kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure } from '../kubernetes/kubernetes-failure.ts';
import { applications } from '../kubernetes/resources.ts';
import { isOfSpec } from '../observation/comparison.ts';

/**
 * Ends a sync of what was wanted before. Left alone Argo CD tries that to the end, for minutes, or for ever where a hook
 * hangs, before it turns to what is wanted now: each sync keeps the source that it began with (argo-cd#11494).
 */
export async function endOutdatedSync(
  client: Pick<KubernetesClient, 'patchJson'>,
  application: Application,
): Promise<void> {
  const { metadata, status } = application;
  const state = status?.operationState;
  if (state?.phase !== 'Running' || isOfSpec(application, state)) return;
  const path = '/status/operationState';
  try {
    await client.patchJson(applications, { name: metadata.name, namespace: metadata.namespace }, [
      { op: 'test', path: '/metadata/uid', value: metadata.uid },
      { op: 'test', path: `${path}/startedAt`, value: state.startedAt },
      { op: 'test', path: `${path}/phase`, value: 'Running' },
      { op: 'replace', path: `${path}/phase`, value: 'Terminating' },
    ]);
  } catch (error) {
    // It has ended by itself, or is ended at the next look.
    if (!isKubernetesFailure(error, 'conflict', 'not_found', 'unknown_outcome')) throw error;
  }
}
