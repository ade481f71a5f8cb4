import type { Application } from '../kubernetes/argocd-objects.ts';
import type { JsonPatch, KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, KubernetesFailure, orAbsent } from '../kubernetes/kubernetes-failure.ts';
import type { ObjectRef } from '../kubernetes/objects.ts';
import { applications, describeObject } from '../kubernetes/resources.ts';
import { refreshAnnotations } from './refresh.ts';

/** The Application by which Argo CD makes Applications of the files in the GitOps repository. */
export interface RootApplication {
  /**
   * Has Argo CD look at the repository now. Who asks while others wait to be served is served with them.
   * @returns what the Application was just before
   */
  refresh(): Promise<Application>;
  /** Null where there is none. */
  read(): Promise<Application | null>;
}

const TRIES = 5;

export function createRootApplication(
  client: Pick<KubernetesClient, 'get' | 'patchJson'>,
  ref: ObjectRef,
): RootApplication {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<Application> | null = null;

  async function refreshNow(): Promise<Application> {
    for (let tries = 1; ; tries += 1) {
      const root = await orAbsent(client.get(applications, ref));
      if (root === null)
        throw new KubernetesFailure(
          'invalid',
          `There is no ${describeObject(applications, ref)}, which makes Applications of the files in the GitOps repository. Install the chart gitops/root, as gitops/README.md says.`,
        );
      try {
        await client.patchJson(applications, ref, refreshPatch(root));
        return root;
      } catch (error) {
        if (!isKubernetesFailure(error, 'conflict', 'not_found', 'unknown_outcome') || tries === TRIES) throw error;
      }
    }
  }

  return {
    refresh() {
      next ??= current.then(() => {
        next = null;
        const refreshing = refreshNow();
        current = refreshing.catch(() => undefined);
        return refreshing;
      });
      return next;
    },
    read: () => orAbsent(client.get(applications, ref)),
  };
}

/** What keeps Argo CD from applying the files, in its own words; null: nothing that it knows of. */
export function troubleOf({ status }: Application): string | null {
  const condition = status?.conditions?.find(({ type }) => type.endsWith('Error'));
  if (condition !== undefined) return condition.message;
  const { phase, retryCount = 0, message } = status?.operationState ?? {};
  // Between its tries a sync that has failed is still called running.
  const hasFailed = phase === 'Failed' || phase === 'Error' || (phase === 'Running' && retryCount > 0);
  return hasFailed ? (message ?? 'its sync fails') : null;
}

/** Whether Argo CD has looked since then (milliseconds since the epoch), and takes that Application to be as its file. */
export function isApplied({ status }: Application, name: string, since: number): boolean {
  // Written in whole seconds.
  if (Date.parse(status?.reconciledAt ?? '') < since) return false;
  return (
    status?.resources?.find((resource) => resource.kind === 'Application' && resource.name === name)?.status ===
    'Synced'
  );
}

/**
 * Whether Argo CD has looked since then (milliseconds since the epoch), and does nothing any more that it began before:
 * what it did not find then it makes no more.
 */
export function hasLookedSince({ operation, status }: Application, since: number): boolean {
  if (Date.parse(status?.reconciledAt ?? '') < since || status?.reconciledAt === undefined) return false;
  const { phase, startedAt = '' } = status.operationState ?? {};
  return operation === undefined && (phase !== 'Running' || Date.parse(startedAt) >= since);
}

function refreshPatch({ metadata }: Application): JsonPatch {
  const annotations = { ...metadata.annotations, ...refreshAnnotations() };
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    { op: 'add', path: '/metadata/annotations', value: annotations },
  ];
}
