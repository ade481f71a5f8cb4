import type { Application, AppProject } from './argocd-objects.ts';
import type {
  Event,
  KubernetesObject,
  Lease,
  LimitRange,
  Namespace,
  NetworkPolicy,
  ObjectRef,
  ResourceQuota,
  Secret,
  Service,
} from './objects.ts';
import type { Pod } from './pod-objects.ts';

/** A kind of object, and where the API serves it. */
export interface Resource<T extends KubernetesObject> {
  /** `v1`, or group and version. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Its name in paths. */
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** Never set: it carries the type of the objects. */
  readonly object?: T;
}

function namespaced<T extends KubernetesObject>(apiVersion: string, kind: string, plural: string): Resource<T> {
  return { apiVersion, kind, plural, isNamespaced: true };
}

export const namespaces: Resource<Namespace> = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  isNamespaced: false,
};
export const pods = namespaced<Pod>('v1', 'Pod', 'pods');
export const services = namespaced<Service>('v1', 'Service', 'services');
export const secrets = namespaced<Secret>('v1', 'Secret', 'secrets');
export const events = namespaced<Event>('v1', 'Event', 'events');
export const resourceQuotas = namespaced<ResourceQuota>('v1', 'ResourceQuota', 'resourcequotas');
export const limitRanges = namespaced<LimitRange>('v1', 'LimitRange', 'limitranges');
export const networkPolicies = namespaced<NetworkPolicy>('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
export const leases = namespaced<Lease>('coordination.k8s.io/v1', 'Lease', 'leases');
export const applications = namespaced<Application>('argoproj.io/v1alpha1', 'Application', 'applications');
export const appProjects = namespaced<AppProject>('argoproj.io/v1alpha1', 'AppProject', 'appprojects');

/** @param namespace left out: of all namespaces */
export function collectionPath(resource: Resource<KubernetesObject>, namespace?: string): string {
  const root = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  if (namespace === undefined) return `${root}/${resource.plural}`;
  if (!resource.isNamespaced) throw new Error(`A ${resource.kind} has no namespace.`);
  return `${root}/namespaces/${pathPart(namespace)}/${resource.plural}`;
}

export function objectPath(resource: Resource<KubernetesObject>, { name, namespace }: ObjectRef): string {
  if (resource.isNamespaced && namespace === undefined)
    throw new Error(`Which namespace is ${resource.kind} ${name} in?`);
  return `${collectionPath(resource, namespace)}/${pathPart(name)}`;
}

/** An empty name would address the whole collection: a deletion of all. */
function pathPart(name: string): string {
  if (!/^[a-z0-9][a-z0-9.:-]*$/i.test(name)) throw new Error(`${JSON.stringify(name)} is no name of an object.`);
  return encodeURIComponent(name);
}

/** `Application argocd/env-pr-42-a1b2c3`, for people to read. */
export function describeObject(resource: Resource<KubernetesObject>, { name, namespace }: ObjectRef): string {
  return `${resource.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
