import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { accountKubeconfig } from '../../test/support/blueberry-account.ts';
import { makeChartRepository } from '../../test/support/chart-repository.ts';
import { startProduct, type Product } from '../../test/support/product.ts';
import { connect, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { startCluster, type Cluster } from '../../testbed/cluster/start-cluster.ts';

/** What the product's objects are labelled with. */
export const INSTALLATION = 'bench';

/** The account that Blueberry works with, as the API server calls it. */
const ACCOUNT = 'system:serviceaccount:blueberry:blueberry';

/** For hundreds of Applications, as large installations of Argo CD are set. */
const ARGOCD = { resyncSeconds: 300, statusProcessors: 50, operationProcessors: 25 };

/** A cluster with Argo CD for the product and its peers alike, seen by its administrator. */
export interface Stage {
  readonly cluster: Cluster;
  readonly kubernetes: KubernetesClient;
  /** The product as it is built, with exactly the rights of deploy/rbac.yaml. */
  startProduct(options?: {
    readonly dataDir?: string;
    readonly env?: Readonly<Record<string, string>>;
  }): Promise<Product>;
  dispose(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const cluster = await startCluster({ argocd: ARGOCD, audited: [ACCOUNT] });
  try {
    const { access } = cluster;
    const [kubernetes, kubeconfig, chart] = await Promise.all([
      connect(access.kubeconfig),
      accountKubeconfig(access),
      makeChartRepository(access.gitFolder, 'charts', ['charts/workload']),
    ]);
    return {
      cluster,
      kubernetes,
      startProduct: ({ dataDir, env } = {}) =>
        startProduct({
          built: true,
          ...(dataDir === undefined ? {} : { dataDir }),
          env: {
            RUNTIME: 'argocd',
            KUBECONFIG: kubeconfig,
            WORKLOAD_CHART_REPOSITORY: chart.url,
            WORKLOAD_CHART_REVISION: 'main',
            INSTALLATION,
            LOG_LEVEL: 'warn',
            QUOTA_PER_OWNER: '0',
            QUOTA_TOTAL: '0',
            WRITES_PER_MINUTE: '1000000',
            // The repository stands for one on another machine.
            POLL_SECONDS_LOCAL: '60',
            ...env,
          },
        }),
      async dispose() {
        kubernetes.close();
        await cluster.stop();
        await rm(dirname(kubeconfig), { recursive: true, force: true });
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
