import { INSTALLATION_LABEL, VERIFIED_ANNOTATION } from '../../src/adapters/argocd/objects/ownership.ts';
import {
  collectionPath,
  type KubernetesClient,
  type KubernetesObject,
} from '../../testbed/cluster/kubernetes-client.ts';
import { APPLICATIONS } from './applications.ts';
import { INSTALLATION } from './stage.ts';

/** An object as somebody would write it down. */
export type Manifest = KubernetesObject;

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
  const application = await kubernetes.request('GET', `${APPLICATIONS}/${name}`);
  const namespace = await kubernetes.request('GET', `${collectionPath('v1', 'Namespace')}/${name}`);
  const guardrails = await Promise.all(
    GUARDRAILS.map(([apiVersion, kind]) =>
      kubernetes.request<KubernetesObject>('GET', `${collectionPath(apiVersion, kind, name)}/blueberry`),
    ),
  );
  return { surroundings: [namespace, ...guardrails].map(asWritten), application: asWritten(application) };
}

/** Objects of an environment that runs, as they can be made anew elsewhere, with all that was noted on them and seen of them. */
export interface LeftBehind {
  readonly namespace: KubernetesObject;
  readonly application: KubernetesObject;
  readonly project: KubernetesObject;
}

export async function leftBehind(kubernetes: KubernetesClient, name: string): Promise<LeftBehind> {
  const application = await kubernetes.request('GET', `${APPLICATIONS}/${name}`);
  const namespace = await kubernetes.request('GET', `${collectionPath('v1', 'Namespace')}/${name}`);
  const project = await projectOf(kubernetes);
  return { application: asCreated(application), namespace: asCreated(namespace), project };
}

/** Without what the API server gives to each object. */
function asCreated(object: KubernetesObject): KubernetesObject {
  const { name, namespace, labels, annotations, finalizers } = object.metadata;
  return { ...object, metadata: { name, namespace, labels, annotations, finalizers } };
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
