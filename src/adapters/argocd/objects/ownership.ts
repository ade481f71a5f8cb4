import type { EnvironmentKey } from '../../../ports/environment-runtime.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';

/** Who made an object, as https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ has it. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const MANAGER = 'blueberry';
export const ID_LABEL = 'blueberry.dev/environment-id';
export const NAME_LABEL = 'blueberry.dev/environment-name';
export const REPOSITORY_LABEL = 'blueberry.dev/repository-id';

/** Which deployment revision an Application, and a pod, is of. */
export const REVISION_ANNOTATION = 'blueberry.dev/revision';
export const COMMIT_ANNOTATION = 'blueberry.dev/commit';
export const EXPIRES_ANNOTATION = 'blueberry.dev/expires-at';

/** Selects what Blueberry has made for environments. */
export const ENVIRONMENT_SELECTOR = `${MANAGED_BY_LABEL}=${MANAGER},${ID_LABEL}`;

/** On everything that is made for an environment: what has them is ours, whatever its name. */
export function environmentLabels(key: EnvironmentKey): Readonly<Record<string, string>> {
  return { [MANAGED_BY_LABEL]: MANAGER, [ID_LABEL]: key.id, [NAME_LABEL]: key.name };
}

export function isOwnedBy({ metadata }: KubernetesObject, key: EnvironmentKey): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MANAGER && metadata.labels[ID_LABEL] === key.id;
}

/** The environment that an object was made for; null where it is not ours. */
export function ownerOf({ metadata }: KubernetesObject): EnvironmentKey | null {
  const id = metadata.labels?.[ID_LABEL];
  const name = metadata.labels?.[NAME_LABEL];
  if (metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER || id === undefined || name === undefined) return null;
  return { id, name };
}

/** Null where it is not said, or is no number. */
export function revisionOf({ metadata }: KubernetesObject): number | null {
  const text = metadata.annotations?.[REVISION_ANNOTATION];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
