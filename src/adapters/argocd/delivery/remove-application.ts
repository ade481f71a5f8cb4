import type { Application } from '../kubernetes/argocd-objects.ts';
import type { JsonPatch, KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, orAbsent } from '../kubernetes/kubernetes-failure.ts';
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
 * @returns it as it is now; null where it is gone, or another one that is not ours stands in its place
 */
export async function prepareRemoval(client: Client, seen: Application): Promise<Application | null> {
  return step(client, seen, (current) => {
    const patch = preparation(current);
    return patch === null ? null : client.patchJson(applications, refOf(current), patch);
  });
}

/** Has it deleted, with all that it deployed; resolves when that is accepted. Never touches one that is not ours. */
export async function removeApplication(client: Client, seen: Application): Promise<void> {
  await step(client, seen, (current) => {
    const patch = preparation(current);
    if (patch !== null) return client.patchJson(applications, refOf(current), patch);
    if (current.metadata.deletionTimestamp !== undefined) return null;
    const { uid } = current.metadata;
    return client.delete(applications, refOf(current), { uid }).then(() => null);
  });
}

/**
 * Takes one step after the other, from what the one before has left, until there is none to take.
 * @param next null where nothing is left to do; resolves with what it left, null where it is to be looked up
 */
async function step(
  client: Client,
  seen: Application,
  next: (current: Application) => Promise<Application | null> | null,
): Promise<Application | null> {
  const owner = ownerOfSeen(seen);
  let current: Application | null = seen;
  for (let tries = 1; current !== null && isOwnedBy(current, owner); tries += 1) {
    let left: Application | null = null;
    try {
      const taken = next(current);
      if (taken === null) return current;
      left = await taken;
    } catch (error) {
      if (!isKubernetesFailure(error, 'conflict', 'not_found', 'unknown_outcome') || tries === TRIES) throw error;
    }
    current = left ?? (await orAbsent(client.get(applications, refOf(current))));
  }
  return null;
}

function refOf({ metadata }: Application): { readonly name: string; readonly namespace: string | undefined } {
  return { name: metadata.name, namespace: metadata.namespace };
}

function ownerOfSeen(seen: Application): Owner {
  const installation = seen.metadata.labels?.[INSTALLATION_LABEL];
  const key = ownerOf(seen);
  if (installation === undefined || key === null) throw new NotOurs(describeObject(applications, refOf(seen)));
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
