import { setTimeout as sleep } from 'node:timers/promises';
import {
  ID_LABEL,
  MANAGED_BY_LABEL,
  MANAGER,
  REVISION_ANNOTATION,
} from '../../src/adapters/argocd/objects/ownership.ts';
import {
  KubernetesError,
  type KubernetesClient,
  type KubernetesObject,
} from '../../testbed/cluster/kubernetes-client.ts';
import type { ClusterEntry, History } from './history.ts';

const WATCHED = [
  ['Application', '/apis/argoproj.io/v1alpha1/applications'],
  ['Namespace', '/api/v1/namespaces'],
] as const;
const SELECTOR = `labelSelector=${encodeURIComponent(`${MANAGED_BY_LABEL}=${MANAGER}`)}`;

/**
 * Takes down what becomes of the Applications and namespaces of all environments in the cluster, whoever makes them,
 * by watches that miss nothing, until the signal aborts. Resolves when the first look is done.
 */
export async function recordCluster(client: KubernetesClient, history: History, signal: AbortSignal): Promise<void> {
  await Promise.all(
    WATCHED.map(async ([kind, path]) => {
      const { items, metadata } = await client.request<{
        items: KubernetesObject[];
        metadata: { resourceVersion: string };
      }>('GET', `${path}?${SELECTOR}`);
      const note = createRecorder(kind, history);
      for (const item of items) note('ADDED', item);
      // Where it fails, the history means nothing, and the test has to fail too.
      void follow(client, path, metadata.resourceVersion, note, signal);
    }),
  );
}

type Note = (type: string, object: KubernetesObject) => void;

function createRecorder(kind: ClusterEntry['kind'], history: History): Note {
  /** By UID. */
  const known = new Map<string, { readonly revision: number | null; readonly isLeaving: boolean }>();
  return (type, { metadata }) => {
    const { name, uid = '', labels = {}, annotations = {}, deletionTimestamp } = metadata;
    const environmentId = labels[ID_LABEL];
    if (environmentId === undefined) return;
    const revision = kind === 'Application' ? Number(annotations[REVISION_ANNOTATION]) : null;
    const isLeaving = deletionTimestamp !== undefined;
    const before = known.get(uid);
    const tell = (event: ClusterEntry['event']): void => {
      history.add({ source: 'cluster', event, kind, name, uid, environmentId, revision });
    };
    if (before === undefined) tell('made');
    else if (before.revision !== revision) tell('revised');
    if (isLeaving && before?.isLeaving !== true) tell('leaving');
    if (type === 'DELETED') tell('gone');
    known.set(uid, { revision, isLeaving });
  };
}

/** Watches on and on from where the watch before has ended, as the API server ends each after a while. */
async function follow(
  client: KubernetesClient,
  path: string,
  from: string,
  note: Note,
  signal: AbortSignal,
): Promise<void> {
  let version = from;
  while (!signal.aborted) {
    const query = `watch=true&allowWatchBookmarks=true&${SELECTOR}&resourceVersion=${version}`;
    try {
      for await (const { type, object } of client.watch<KubernetesObject>(`${path}?${query}`, signal)) {
        if (type === 'ERROR') throw new Error(`The watch was ended with ${JSON.stringify(object)}`);
        version = object.metadata.resourceVersion ?? version;
        if (type !== 'BOOKMARK') note(type, object);
      }
    } catch (error) {
      if (error instanceof KubernetesError || (error as NodeJS.ErrnoException).code === undefined) throw error;
      await sleep(200);
    }
  }
}
