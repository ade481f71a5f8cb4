import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import { collectionPath, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';

export const APPLICATIONS = collectionPath('argoproj.io/v1alpha1', 'Application', 'argocd');

/** All Applications as a watch of the API server tells them. */
export interface ApplicationWatch {
  all(): IterableIterator<Application>;
  /** When the first one was seen that is so, by the monotonic clock in milliseconds. */
  seen(isIt: (application: Application) => boolean, withinMs?: number): Promise<number>;
  end(): void;
}

export function watchApplications(kubernetes: KubernetesClient): ApplicationWatch {
  const known = new Map<string, Application>();
  const firstSeen = new Map<string, number>();
  const stop = new AbortController();
  let failure: unknown = null;

  async function follow(): Promise<void> {
    for await (const { type, object } of kubernetes.watch<Application>(`${APPLICATIONS}?watch=true`, stop.signal)) {
      const { uid } = object.metadata;
      if (type === 'DELETED') known.delete(uid);
      else if (type !== 'ADDED' && type !== 'MODIFIED') throw new Error(`The watch said ${type}.`);
      else known.set(uid, object);
      if (!firstSeen.has(uid)) firstSeen.set(uid, performance.now());
    }
    throw new Error('The watch has ended.');
  }
  follow().catch((error: unknown) => {
    failure = error;
  });

  return {
    all: () => known.values(),
    async seen(isIt, withinMs = 60_000) {
      const deadline = performance.now() + withinMs;
      for (;;) {
        for (const application of known.values())
          if (isIt(application)) return firstSeen.get(application.metadata.uid) ?? Number.NaN;
        if (failure !== null) throw failure as Error;
        if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain for an Application.`);
        await sleep(2);
      }
    },
    end: () => stop.abort(),
  };
}

export function isSettled({ status }: Application): boolean {
  return status?.sync?.status === 'Synced' && status.health?.status === 'Healthy';
}
