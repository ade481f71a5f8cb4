import type { Application } from '../kubernetes/argocd-objects.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { IMAGE_ANNOTATION, REVISION_ANNOTATION, revisionOf } from '../objects/ownership.ts';
import { isReady } from '../traffic/endpoints.ts';

/**
 * The pods that speak of what is wanted: of the revision where they say one, else those that each Deployment has made last.
 * An earlier version that still serves says nothing about a new one.
 */
export function wantedPods(application: Application, pods: readonly Pod[]): readonly Pod[] {
  const revision = revisionOf(application);
  const standing = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const newest = newestReplicaSets(standing);
  return standing.filter((pod) => {
    const own = revisionOfPod(pod);
    if (own !== null && revision !== null) return own === revision;
    const replicaSet = ownerName(pod, 'ReplicaSet');
    return replicaSet === null || newest.get(deploymentOf(replicaSet)) === replicaSet;
  });
}

/** Name of the Job, ReplicaSet or StatefulSet whose pod it is. */
export function ownerName({ metadata }: KubernetesObject, kind: string): string | null {
  return metadata.ownerReferences?.find((owner) => owner.kind === kind && owner.controller === true)?.name ?? null;
}

/** Null where exactly the image that is pinned runs, or none is; else what is waited for, as a sentence. */
export function imageFault(application: Application, wanted: readonly Pod[]): string | null {
  const image = application.metadata.annotations?.[IMAGE_ANNOTATION];
  const [repository, digest] = image?.split('@') ?? [];
  if (repository === undefined || digest === undefined) return null;
  const running = wanted.filter(isReady).flatMap((pod) => imagesOf(pod));
  if (!running.some((names) => names.some((name) => name.includes(digest))))
    return 'Waiting for a pod that runs the wanted image.';
  const isOther = running.some(
    (names) => names.some((name) => isOf(name, repository)) && !names.some((name) => name.includes(digest)),
  );
  return isOther ? 'Waiting for the pods of the image before to end.' : null;
}

function revisionOfPod(pod: Pod): number | null {
  const label = pod.metadata.labels?.[REVISION_ANNOTATION];
  return label !== undefined && /^\d{1,15}$/.test(label) ? Number(label) : revisionOf(pod);
}

/** By Deployment, the ReplicaSet whose pod is the youngest. */
function newestReplicaSets(pods: readonly Pod[]): ReadonlyMap<string, string> {
  const newest = new Map<string, { readonly name: string; readonly at: string }>();
  for (const pod of pods) {
    const name = ownerName(pod, 'ReplicaSet');
    const at = pod.metadata.creationTimestamp;
    if (name === null) continue;
    const known = newest.get(deploymentOf(name));
    if (known === undefined || known.at < at) newest.set(deploymentOf(name), { name, at });
  }
  return new Map([...newest].map(([deployment, { name }]) => [deployment, name]));
}

function deploymentOf(replicaSet: string): string {
  return replicaSet.replace(/-[^-]*$/, '');
}

/** For each container all names under which its image is known. */
function imagesOf({ spec, status }: Pod): readonly (readonly string[])[] {
  return (spec?.containers ?? []).map(({ name, image = '' }) => {
    const of = status?.containerStatuses?.find((one) => one.name === name);
    return [image, of?.image ?? '', of?.imageID ?? ''];
  });
}

function isOf(image: string, repository: string): boolean {
  return image.startsWith(`${repository}@`) || image.startsWith(`${repository}:`);
}
