import type { TestProject } from 'vitest/node';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { startCluster } from '../../testbed/cluster/start-cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterAccess;
  }
}

/**
 * Vitest global setup of the cluster tier: one cluster for all of its files, which keep to namespaces of their own. What
 * takes a server away starts a cluster for itself.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster();
  project.provide('cluster', cluster.access);
  return () => cluster.stop();
}
