import { randomBytes } from 'node:crypto';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { connect } from '../../testbed/cluster/kubernetes-client.ts';
import { accountKubeconfig } from './blueberry-account.ts';
import { makeChartRepository } from './chart-repository.ts';
import { createGitOpsWorld, GITOPS_FOLDER } from './gitops-world.ts';
import { objectsOf, wipe } from './installation-objects.ts';
import { startProduct, type Product } from './product.ts';

/** Blueberry as a process of its own, with its environments in a test cluster. */
export interface ArgocdProduct {
  readonly product: Product;
  /** What its objects in the cluster are told by. */
  readonly installation: string;
  /** Its variables, for more processes of the same installation. */
  readonly env: Readonly<Record<string, string>>;
  /** Names everything in the cluster, and in the GitOps repository, that is left of environments. */
  leftovers(): Promise<string[]>;
  /** Ends it, and removes what is left. */
  dispose(): Promise<void>;
}

export interface ArgocdProductOptions {
  readonly cluster: ClusterAccess;
  readonly mode: 'api' | 'git';
  readonly env?: Readonly<Record<string, string>>;
}

export async function startArgocdProduct({ cluster, mode, env = {} }: ArgocdProductOptions): Promise<ArgocdProduct> {
  const installation = `product-${randomBytes(4).toString('hex')}`;
  const observer = await connect(cluster.kubeconfig);
  const chart = await makeChartRepository(cluster.gitFolder, `chart-${installation}`, ['charts/workload']);
  const gitOps = mode === 'git' ? await createGitOpsWorld(cluster, installation) : null;
  const variables = {
    RUNTIME: 'argocd',
    GITOPS_MODE: mode,
    KUBECONFIG: await accountKubeconfig(cluster),
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
    ...env,
  };
  const product = await startProduct({ env: variables });
  const objects = (): ReturnType<typeof objectsOf> => objectsOf(observer, installation);
  return {
    product,
    installation,
    env: variables,
    async leftovers() {
      const left = (await objects()).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      return [...left, ...((await gitOps?.files()) ?? [])];
    },
    async dispose() {
      await product.dispose();
      // What it has made would be made again by it.
      await gitOps?.dispose();
      await wipe(observer, await objects());
      observer.close();
    },
  };
}
