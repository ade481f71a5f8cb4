import type { EnvironmentKey } from '../../../ports/environment-runtime.ts';
import type { KubernetesObject, NewObject } from '../kubernetes/objects.ts';

/** Who made an object, as https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ has it. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const MANAGER = 'blueberry';
export const ID_LABEL = 'blueberry.dev/environment-id';
export const NAME_LABEL = 'blueberry.dev/environment-name';
export const REPOSITORY_LABEL = 'blueberry.dev/repository-id';

/** Of several Blueberries in one cluster each knows its own objects by it, and leaves those of the others alone. */
export const INSTALLATION_LABEL = 'blueberry.dev/installation';

/** Which deployment revision an Application, and a pod, is of. */
export const REVISION_ANNOTATION = 'blueberry.dev/revision';
/** Argo CD's own: how it compares what is with what is to be. */
export const COMPARE_OPTIONS_ANNOTATION = 'argocd.argoproj.io/compare-options';
export const COMMIT_ANNOTATION = 'blueberry.dev/commit';
export const EXPIRES_ANNOTATION = 'blueberry.dev/expires-at';
/** `true` on the Application of what is to sleep. */
export const ASLEEP_ANNOTATION = 'blueberry.dev/asleep';
/** The path that has to answer at the URL before an environment is ready; left out: any that answers below 500. */
export const HEALTH_PATH_ANNOTATION = 'blueberry.dev/health-path';
/** `NAME:PORT` of the Service that serves the environment. */
export const SERVICE_ANNOTATION = 'blueberry.dev/service';
/** What was last seen serving, so that a restart asks nothing about what has not changed since. */
export const VERIFIED_ANNOTATION = 'blueberry.dev/verified';
/** On the namespace: for which revision, and by which settings, all that is needed was made in it. */
export const PREPARED_ANNOTATION = 'blueberry.dev/prepared';
/** On the namespace: what there was when its removal began, for the receipt. */
export const REMOVING_ANNOTATION = 'blueberry.dev/removing';
/** The image that has to run, `registry/repository@sha256:…`. */
export const IMAGE_ANNOTATION = 'blueberry.dev/image';

/** An environment, and the installation whose it is. */
export interface Owner {
  readonly installation: string;
  readonly key: EnvironmentKey;
}

/** Selects what an installation has made for environments. */
export function environmentSelector(installation: string): string {
  return `${MANAGED_BY_LABEL}=${MANAGER},${INSTALLATION_LABEL}=${installation},${ID_LABEL}`;
}

/** Selects everything that an installation has made. */
export function installationSelector(installation: string): string {
  return `${MANAGED_BY_LABEL}=${MANAGER},${INSTALLATION_LABEL}=${installation}`;
}

/** On everything that is made for an environment: what has them is ours, whatever its name. */
export function environmentLabels({ installation, key }: Owner): Readonly<Record<string, string>> {
  return {
    [MANAGED_BY_LABEL]: MANAGER,
    [INSTALLATION_LABEL]: installation,
    [ID_LABEL]: key.id,
    [NAME_LABEL]: key.name,
  };
}

export function isOwnedBy({ metadata }: KubernetesObject, { installation, key }: Owner): boolean {
  const labels = metadata.labels ?? {};
  return (
    labels[MANAGED_BY_LABEL] === MANAGER && labels[INSTALLATION_LABEL] === installation && labels[ID_LABEL] === key.id
  );
}

/** Whether an object was made for the same environment, by the same installation, as another one that is to be made. */
export function isOwnedAs(object: KubernetesObject, { metadata }: NewObject<KubernetesObject>): boolean {
  const names = [MANAGED_BY_LABEL, INSTALLATION_LABEL, ID_LABEL];
  return names.every((name) => {
    const value = metadata.labels?.[name];
    return value !== undefined && object.metadata.labels?.[name] === value;
  });
}

/** The environment that an object was made for; null where it is not ours. */
export function ownerOf({ metadata }: KubernetesObject): EnvironmentKey | null {
  const id = metadata.labels?.[ID_LABEL];
  const name = metadata.labels?.[NAME_LABEL];
  if (metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER || id === undefined || name === undefined) return null;
  return { id, name };
}

/** Null where it is not said, or is no number. */
export function revisionOf({
  metadata,
}: Pick<KubernetesObject, 'kind'> & { readonly metadata: Pick<KubernetesObject['metadata'], 'annotations'> }):
  number | null {
  const text = metadata.annotations?.[REVISION_ANNOTATION];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
