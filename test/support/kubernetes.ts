import { randomBytes } from 'node:crypto';
import { loadClusterAccess } from '../../src/adapters/argocd/kubernetes/cluster-access.ts';
import { createKubernetesClient } from '../../src/adapters/argocd/kubernetes/create-kubernetes-client.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { KubernetesFailure } from '../../src/adapters/argocd/kubernetes/kubernetes-failure.ts';
import type { NewObject, Secret } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { namespaces } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';

export async function openKubernetes(kubeconfig: string): Promise<KubernetesClient> {
  const access = await loadClusterAccess({ kubeconfig });
  return createKubernetesClient({ access, clock: createSystemClock() });
}

/** A namespace of a test's own. */
export interface TestNamespace {
  readonly name: string;
  remove(): Promise<void>;
}

export async function makeNamespace(client: KubernetesClient): Promise<TestNamespace> {
  const name = `kubernetes-${randomBytes(4).toString('hex')}`;
  const { metadata } = await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return { name, remove: () => client.delete(namespaces, { name }, { uid: metadata.uid }) };
}

export function sampleSecret(namespace: string, name: string, text = 'one'): NewObject<Secret> {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: { text } };
}

/** What a call failed with; fails itself when it did not fail so. */
export async function failureOf(call: Promise<unknown>): Promise<KubernetesFailure> {
  const error: unknown = await call.then(
    () => new Error('It did not fail.'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof KubernetesFailure) return error;
  throw error;
}
