import { INSTALLATION_LABEL } from '../../src/adapters/argocd/objects/ownership.ts';
import {
  collectionPath,
  KubernetesError,
  objectPath,
  type KubernetesClient,
  type KubernetesObject,
} from '../../testbed/cluster/kubernetes-client.ts';

/** Kinds that Blueberry makes objects of. */
const KINDS = [
  ['argoproj.io/v1alpha1', 'Application'],
  ['argoproj.io/v1alpha1', 'AppProject'],
  ['v1', 'Secret'],
  ['v1', 'ResourceQuota'],
  ['v1', 'LimitRange'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['v1', 'Namespace'],
] as const;

/** Every object of one Blueberry in the cluster, told by its label, and what has one of these names, whosever it is. */
export async function objectsOf(
  client: KubernetesClient,
  installation: string,
  names: ReadonlySet<string> = new Set(),
): Promise<KubernetesObject[]> {
  const lists = await Promise.all(
    KINDS.map(async ([apiVersion, kind]) => {
      const { items } = await client.request<{ items: KubernetesObject[] }>('GET', collectionPath(apiVersion, kind));
      return items
        .filter(({ metadata }) => metadata.labels?.[INSTALLATION_LABEL] === installation || names.has(metadata.name))
        .map((item) => ({ ...item, apiVersion, kind }));
    }),
  );
  return lists.flat();
}

/** Deletes them for good, without waiting until Argo CD has taken down what it deployed: that goes with its namespace. */
export async function wipe(client: KubernetesClient, objects: readonly KubernetesObject[]): Promise<void> {
  for (const object of objects) {
    if (object.metadata.finalizers !== undefined) await dropFinalizers(client, object);
    await client.delete(object);
  }
}

async function dropFinalizers(client: KubernetesClient, object: KubernetesObject): Promise<void> {
  const patch = { metadata: { finalizers: null } };
  try {
    await client.request('PATCH', objectPath(object), patch, 'application/merge-patch+json');
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status !== 404) throw error;
  }
}
