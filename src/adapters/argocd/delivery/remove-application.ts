import type { Application } from '../kubernetes/argocd-objects.ts';
import type { JsonPatch, KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, orAbsent } from '../kubernetes/kubernetes-failure.ts';
import type { ObjectRef } from '../kubernetes/objects.ts';
import { applications, describeObject } from '../kubernetes/resources.ts';
import { RESOURCES_FINALIZER } from '../manifest/application-schema.ts';
import { NotOurs } from '../objects/not-ours.ts';
import { INSTALLATION_LABEL, isOwnedBy, ownerOf, type Owner } from '../objects/ownership.ts';

type Client = Pick<KubernetesClient, 'get' | 'patchJson' | 'delete'>;

/** Argo CD may write to it at any moment: each try begins with what it is then. */
const TRIES = 8;

/**
 * Makes an Application ready to go: a sync that runs is ended, since Argo CD removes nothing before its end, one that
 * has not begun is called off, and the finalizer is there, without which what it deployed would stay.
 * @returns it as it is then; null where it turned out to be gone, or another one that is not ours to stand in its place
 */
export async function prepareRemoval(client: Client, seen: Application): Promise<Application | null> {
  return prepare(client, ownerOfSeen(seen), seen);
}

/** Has it deleted, with all that it deployed; resolves when that is accepted. Never touches one that is not ours. */
export async function removeApplication(client: Client, seen: Application): Promise<void> {
  const owner = ownerOfSeen(seen);
  let current = await prepare(client, owner, seen);
  for (let tries = 1; current !== null && current.metadata.deletionTimestamp === undefined; tries += 1) {
    const { uid } = current.metadata;
    const left = await onlyIfSo(client, current, tries, async (ref) => {
      await client.delete(applications, ref, { uid });
      return null;
    });
    current = left === null ? null : await prepare(client, owner, left);
  }
}

async function prepare(client: Client, owner: Owner, found: Application): Promise<Application | null> {
  let current: Application | null = found;
  for (let tries = 1; current !== null && isOwnedBy(current, owner); tries += 1) {
    const patch = preparation(current);
    if (patch === null) return current;
    current = await onlyIfSo(client, current, tries, (ref) => client.patchJson(applications, ref, patch));
  }
  return null;
}

/** Does something to an Application as it is; where it is not so any more, or nobody knows, gives what it is instead. */
async function onlyIfSo(
  client: Client,
  current: Application,
  tries: number,
  act: (ref: ObjectRef) => Promise<Application | null>,
): Promise<Application | null> {
  const ref = { name: current.metadata.name, namespace: current.metadata.namespace };
  try {
    return await act(ref);
  } catch (error) {
    if (!isKubernetesFailure(error, 'conflict', 'not_found', 'unknown_outcome') || tries === TRIES) throw error;
    return orAbsent(client.get(applications, ref));
  }
}

function ownerOfSeen(seen: Application): Owner {
  const installation = seen.metadata.labels?.[INSTALLATION_LABEL];
  const key = ownerOf(seen);
  if (installation === undefined || key === null) throw new NotOurs(describeObject(applications, seen.metadata));
  return { installation, key };
}

/** What has to be changed before it can go; null: nothing. */
function preparation({ metadata, operation, status }: Application): JsonPatch | null {
  const uid = { op: 'test', path: '/metadata/uid', value: metadata.uid } as const;
  const unchanged = { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion } as const;
  const phase = status?.operationState?.phase;
  if (phase === 'Running') {
    const path = '/status/operationState/phase';
    return [uid, { op: 'test', path, value: 'Running' }, { op: 'replace', path, value: 'Terminating' }];
  }
  // What is being ended keeps its `operation` until Argo CD has ended it.
  if (operation !== undefined && phase !== 'Terminating') return [uid, unchanged, { op: 'remove', path: '/operation' }];
  const finalizers = metadata.finalizers ?? [];
  if (metadata.deletionTimestamp !== undefined || finalizers.some(removesResources)) return null;
  return [uid, unchanged, { op: 'add', path: '/metadata/finalizers', value: [...finalizers, RESOURCES_FINALIZER] }];
}

/** The finalizer itself, or its variant that does not wait for what is owned by what it deletes. */
function removesResources(finalizer: string): boolean {
  return finalizer === RESOURCES_FINALIZER || finalizer === `${RESOURCES_FINALIZER}/background`;
}
