import { canonicalJson } from '../../../core/json.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, KubernetesFailure, orAbsent } from '../kubernetes/kubernetes-failure.ts';
import type { KubernetesObject, NewObject } from '../kubernetes/objects.ts';
import { describeObject, type Resource } from '../kubernetes/resources.ts';
import { NotOurs } from './not-ours.ts';

export interface OwnedObject<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly wanted: NewObject<T>;
  readonly isOurs: (found: KubernetesObject) => boolean;
  /** The fields that have to be as wanted, by their names at the top of the object. */
  readonly fields: readonly (keyof T & string)[];
}

const TRIES = 4;

/**
 * Makes the object be as wanted: it is created, and where it exists and is ours, its fields and labels are replaced as
 * far as they differ. Fails with `NotOurs`, or with a `KubernetesFailure`.
 */
export async function applyOwned<T extends KubernetesObject>(
  client: Pick<KubernetesClient, 'get' | 'create' | 'patchJson'>,
  { resource, wanted, isOurs, fields }: OwnedObject<T>,
): Promise<T> {
  const ref = { name: wanted.metadata.name, namespace: wanted.metadata.namespace };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.create(resource, wanted);
    } catch (error) {
      if (!isKubernetesFailure(error, 'already_exists', 'conflict', 'unknown_outcome') || attempt >= TRIES) throw error;
    }
    const found = await orAbsent(client.get(resource, ref));
    if (found === null) continue;
    if (!isOurs(found)) throw new NotOurs(describeObject(resource, ref));
    if (found.metadata.deletionTimestamp !== undefined)
      throw new KubernetesFailure('conflict', `${describeObject(resource, ref)} is being deleted.`);
    const different = fields.filter(
      (field) => canonicalJson(plain(found[field])) !== canonicalJson(plain((wanted as Partial<T>)[field])),
    );
    const labels = { ...found.metadata.labels, ...wanted.metadata.labels };
    if (different.length === 0 && canonicalJson(labels) === canonicalJson(found.metadata.labels ?? {})) return found;
    try {
      return await client.patchJson(resource, ref, [
        { op: 'test', path: '/metadata/uid', value: found.metadata.uid },
        { op: 'test', path: '/metadata/resourceVersion', value: found.metadata.resourceVersion },
        { op: 'add', path: '/metadata/labels', value: labels },
        ...different.map((field) => ({ op: 'add' as const, path: `/${field}`, value: (wanted as Partial<T>)[field] })),
      ]);
    } catch (error) {
      if (!isKubernetesFailure(error, 'conflict', 'unknown_outcome') || attempt >= TRIES) throw error;
    }
  }
}

function plain(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}
