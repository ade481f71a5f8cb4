import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { KubernetesObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { INSTALLATION_LABEL, VERIFIED_ANNOTATION } from '../../src/adapters/argocd/objects/ownership.ts';
import { collectionPath, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { APPLICATIONS } from './applications.ts';
import { INSTALLATION } from './stage.ts';

/** A manifest as somebody would write it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string } & Readonly<Record<string, unknown>>;
}

/** What stands in a namespace of an environment before Argo CD deploys anything. */
const GUARDRAILS = [
  ['v1', 'ResourceQuota'],
  ['v1', 'LimitRange'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
] as const;

/** The manifests of an environment that the product has made: what is made for it, and the Application. */
export interface Manifests {
  readonly surroundings: readonly Manifest[];
  readonly application: Manifest;
}

export async function manifestsOf(kubernetes: KubernetesClient, name: string): Promise<Manifests> {
  const application = await kubernetes.request<Application>('GET', `${APPLICATIONS}/${name}`);
  const namespace = await kubernetes.request<KubernetesObject>('GET', `${collectionPath('v1', 'Namespace')}/${name}`);
  const guardrails = await Promise.all(
    GUARDRAILS.map(([apiVersion, kind]) =>
      kubernetes.request<KubernetesObject>('GET', `${collectionPath(apiVersion, kind, name)}/blueberry`),
    ),
  );
  return { surroundings: [namespace, ...guardrails].map(asWritten), application: asWritten(application) };
}

/** The AppProject of the one repository that the product has environments of. */
export async function projectOf(kubernetes: KubernetesClient): Promise<Manifest> {
  const path = collectionPath('argoproj.io/v1alpha1', 'AppProject', 'argocd');
  const selector = encodeURIComponent(`${INSTALLATION_LABEL}=${INSTALLATION}`);
  const { items } = await kubernetes.request<{ items: KubernetesObject[] }>('GET', `${path}?labelSelector=${selector}`);
  const [project] = items;
  if (project === undefined) throw new Error('The product has made no AppProject.');
  return asWritten({ ...project, apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject' });
}

/** Without what the API server, Kubernetes and Argo CD have added. */
function asWritten(object: KubernetesObject): Manifest {
  const { apiVersion, kind, metadata, ...rest } = object as KubernetesObject & Record<string, unknown>;
  const { status: _, operation: __, ...body } = rest;
  const { name, namespace, labels, annotations, finalizers } = metadata as typeof metadata & {
    readonly finalizers?: readonly string[];
  };
  const own = Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => key !== VERIFIED_ANNOTATION));
  if (kind === 'Namespace') delete body['spec'];
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations: own, finalizers }, ...body };
}

/** The same for another environment, which is nobody's: Blueberry leaves alone what another installation has made. */
export function renamed<T extends Manifest | readonly Manifest[]>(manifests: T, from: string, to: string): T {
  const text = JSON.stringify(manifests).replaceAll(from, to);
  return JSON.parse(
    text.replaceAll(`"${INSTALLATION_LABEL}":"${INSTALLATION}"`, `"${INSTALLATION_LABEL}":"by-hand"`),
  ) as T;
}
