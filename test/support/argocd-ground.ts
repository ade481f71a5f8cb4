import { randomBytes } from 'node:crypto';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { connect } from '../../testbed/cluster/kubernetes-client.ts';
import { accountKubeconfig } from './blueberry-account.ts';
import { makeChartRepository } from './chart-repository.ts';
import { createGitOpsWorld, GITOPS_FOLDER } from './gitops-world.ts';
import { objectsOf, wipe } from './installation-objects.ts';

/** What a Blueberry in a test cluster stands on, whichever process it is. */
export interface ArgocdGround {
  /** What its objects in the cluster are told by. */
  readonly installation: string;
  /** Its variables, for every process of the installation. */
  readonly env: Readonly<Record<string, string>>;
  /** Names everything in the cluster, and in the GitOps repository, that is left of environments. */
  leftovers(): Promise<string[]>;
  /** Removes what is left, once no Blueberry runs on it any more. */
  dispose(): Promise<void>;
}

export interface ArgocdGroundOptions {
  readonly cluster: ClusterAccess;
  readonly mode: 'api' | 'git';
  /** URL by which Blueberry reaches the API server; left out: its own. */
  readonly server?: string;
}

export async function layArgocdGround({
  cluster,
  mode,
  server = cluster.server,
}: ArgocdGroundOptions): Promise<ArgocdGround> {
  const installation = `product-${randomBytes(4).toString('hex')}`;
  const observer = await connect(cluster.kubeconfig);
  const chart = await makeChartRepository(cluster.gitFolder, `chart-${installation}`, ['charts/workload']);
  const gitOps = mode === 'git' ? await createGitOpsWorld(cluster, installation) : null;
  const objects = (): ReturnType<typeof objectsOf> => objectsOf(observer, installation);
  return {
    installation,
    env: {
      RUNTIME: 'argocd',
      GITOPS_MODE: mode,
      KUBECONFIG: await accountKubeconfig({ ...cluster, server }),
      INSTALLATION: installation,
      WORKLOAD_CHART_REPOSITORY: chart.url,
      POLL_SECONDS_LOCAL: '0.5',
      ...(gitOps === null
        ? {}
        : {
            GITOPS_REPOSITORY: gitOps.remote.path,
            GITOPS_FOLDER,
            GITOPS_ROOT_APPLICATION: gitOps.root.name,
          }),
    },
    async leftovers() {
      const left = (await objects()).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      return [...left, ...((await gitOps?.files()) ?? [])];
    },
    async dispose() {
      // What it has made would be made again by it.
      await gitOps?.dispose();
      await wipe(observer, await objects());
      observer.close();
    },
  };
}
