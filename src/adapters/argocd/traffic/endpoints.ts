import type { Application } from '../kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { orAbsent } from '../kubernetes/kubernetes-failure.ts';
import type { Service } from '../kubernetes/objects.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { services } from '../kubernetes/resources.ts';
import { COMMIT_ANNOTATION, IMAGE_ANNOTATION, revisionOf, SERVICE_ANNOTATION } from '../objects/ownership.ts';
import { verifiedOf } from '../observation/verified.ts';

/** A ready pod behind the Service of an environment. */
export interface Endpoint {
  readonly pod: string;
  /** Of the container. */
  readonly port: number;
  readonly revision: number;
  readonly commit: string;
}

export interface Endpoints {
  /** Those of the newest revision that has any; none where nothing serves, or the chart has no such Service. */
  among(application: Application, pods: readonly Pod[]): Promise<readonly Endpoint[]>;
  forget(namespace: string): void;
}

const SERVICE_KEPT_MS = 30_000;

/** The Service that an Application's chart is said to make. */
export function serviceOf({ metadata }: Application): { readonly name: string; readonly port: number } {
  const [name = metadata.name, port = '80'] = (metadata.annotations?.[SERVICE_ANNOTATION] ?? '').split(':');
  return { name: name === '' ? metadata.name : name, port: Number(port) };
}

export function createEndpoints(client: KubernetesClient): Endpoints {
  const known = new Map<string, { readonly at: number; readonly version: string; readonly service: Service }>();

  async function find(application: Application): Promise<Service | null> {
    const namespace = application.metadata.name;
    const version = `${application.metadata.uid} ${String(revisionOf(application))}`;
    const kept = known.get(namespace);
    if (kept?.version === version && performance.now() - kept.at < SERVICE_KEPT_MS) return kept.service;
    const service = await orAbsent(client.get(services, { name: serviceOf(application).name, namespace }));
    if (service !== null) known.set(namespace, { at: performance.now(), version, service });
    return service;
  }

  return {
    async among(application, pods) {
      if (!pods.some(isReady)) return [];
      const service = await find(application);
      if (service === null) return [];
      const found = pods.flatMap((pod) => endpointOf(application, service, pod) ?? []);
      const newest = Math.max(...found.map(({ revision }) => revision));
      return found.filter(({ revision }) => revision === newest);
    },
    forget(namespace) {
      known.delete(namespace);
    },
  };
}

export function isReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready === true && metadata.deletionTimestamp === undefined;
}

function endpointOf(application: Application, service: Service, pod: Pod): Endpoint | null {
  const selector = Object.entries(service.spec.selector ?? {});
  // A name of somewhere else would have the gateway go where no environment may.
  if (selector.length === 0 || service.spec.type === 'ExternalName' || !isReady(pod)) return null;
  if (!selector.every(([label, value]) => pod.metadata.labels?.[label] === value)) return null;
  const port = portOf(application, service, pod);
  if (port === null) return null;
  return { pod: pod.metadata.name, port, ...versionOf(application, pod) };
}

function portOf(application: Application, service: Service, pod: Pod): number | null {
  const { port } = serviceOf(application);
  const of = service.spec.ports?.find((one) => one.port === port) ?? service.spec.ports?.[0];
  if (of === undefined) return null;
  const { targetPort = of.port } = of;
  if (typeof targetPort === 'number') return targetPort;
  const ports = pod.spec?.containers.flatMap((container) => container.ports ?? []);
  return ports?.find(({ name }) => name === targetPort)?.containerPort ?? null;
}

/** Pods of the workload chart say which revision they are of; others are told by their image. */
function versionOf(application: Application, pod: Pod): { readonly revision: number; readonly commit: string } {
  const wanted = { revision: revisionOf(application) ?? 0, commit: commitOf(application) };
  const revision = revisionOf(pod);
  if (revision !== null) return { revision, commit: commitIn(pod) ?? wanted.commit };
  const image = application.metadata.annotations?.[IMAGE_ANNOTATION];
  const digest = image?.split('@')[1];
  const runs = pod.status?.containerStatuses?.map(({ imageID, image: name }) => `${imageID} ${name}`).join(' ') ?? '';
  if (digest === undefined || runs.includes(digest)) return wanted;
  return verifiedOf(application) ?? { ...wanted, revision: wanted.revision - 1 };
}

function commitOf({ metadata }: Application): string {
  return metadata.annotations?.[COMMIT_ANNOTATION] ?? '';
}

function commitIn(pod: Pod): string | null {
  const variables = pod.spec?.containers.flatMap(({ env }) => env ?? []) ?? [];
  return variables.find(({ name }) => name === 'BLUEBERRY_COMMIT')?.value ?? null;
}
