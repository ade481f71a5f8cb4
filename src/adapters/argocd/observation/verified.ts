import { createHash } from 'node:crypto';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { JsonPatch, KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure } from '../kubernetes/kubernetes-failure.ts';
import { applications } from '../kubernetes/resources.ts';
import { COMMIT_ANNOTATION, revisionOf, VERIFIED_ANNOTATION } from '../objects/ownership.ts';

/** A revision that was seen to run the wanted image and to answer at the URL. */
export interface Verified {
  readonly revision: number;
  readonly commit: string;
  /** Of the state in which that was seen: of another one nothing is known. */
  readonly state: string;
}

export function verifiedOf({ metadata }: Application): Verified | null {
  const text = metadata.annotations?.[VERIFIED_ANNOTATION];
  const [, revision, commit, state] = /^(\d{1,15}) ([0-9a-f]{7,64}) ([0-9a-f]{16})$/.exec(text ?? '') ?? [];
  if (revision === undefined || commit === undefined || state === undefined) return null;
  return { revision: Number(revision), commit, state };
}

/** Whether nothing has happened since it was verified. */
export function isVerified(application: Application): boolean {
  const verified = verifiedOf(application);
  return verified?.state === stateOf(application) && verified.revision === revisionOf(application);
}

/** Takes that down on the Application itself, so that after a restart thousands of them need no look. */
export async function verify(
  client: Pick<KubernetesClient, 'patchJson'>,
  application: Application,
): Promise<Application | null> {
  const { name, namespace, uid, annotations } = application.metadata;
  const revision = revisionOf(application);
  const commit = annotations?.[COMMIT_ANNOTATION];
  if (revision === null || commit === undefined || isVerified(application)) return null;
  const path = `/metadata/annotations/${VERIFIED_ANNOTATION.replace('/', '~1')}`;
  const value = `${String(revision)} ${commit} ${stateOf(application)}`;
  const patch: JsonPatch = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'add', path, value },
  ];
  try {
    return await client.patchJson(applications, { name, namespace }, patch);
  } catch (error) {
    // It is verified again at the next look.
    if (isKubernetesFailure(error)) return null;
    throw error;
  }
}

/** Takes it back. */
export async function withdraw(
  client: Pick<KubernetesClient, 'patchJson'>,
  { metadata }: Application,
): Promise<Application | null> {
  const { name, namespace, uid, annotations } = metadata;
  if (annotations?.[VERIFIED_ANNOTATION] === undefined) return null;
  const path = `/metadata/annotations/${VERIFIED_ANNOTATION.replace('/', '~1')}`;
  const patch: JsonPatch = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'remove', path },
  ];
  try {
    return await client.patchJson(applications, { name, namespace }, patch);
  } catch (error) {
    if (isKubernetesFailure(error)) return null;
    throw error;
  }
}

/** Changes with whatever could make what was seen untrue, and with nothing else. */
function stateOf({ metadata, spec, status }: Application): string {
  const seen = [
    metadata.uid,
    spec.source,
    spec.sources,
    status?.sync?.status,
    status?.sync?.revision,
    status?.sync?.revisions,
    status?.health?.status,
    status?.health?.lastTransitionTime,
    status?.operationState?.finishedAt,
  ];
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 16);
}
