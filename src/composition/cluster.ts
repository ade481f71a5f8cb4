import { hostname } from 'node:os';
import { join } from 'node:path';
import { createArgocdRuntime } from '../adapters/argocd/argocd-runtime.ts';
import type { ArgocdSettings } from '../adapters/argocd/argocd-settings.ts';
import { createApiDelivery } from '../adapters/argocd/delivery/api-delivery.ts';
import type { ApplicationDelivery } from '../adapters/argocd/delivery/application-delivery.ts';
import { createGitDelivery } from '../adapters/argocd/delivery/git-delivery.ts';
import { createKubernetesClient } from '../adapters/argocd/kubernetes/create-kubernetes-client.ts';
import type { KubernetesClient } from '../adapters/argocd/kubernetes/kubernetes-client.ts';
import { leadersClient } from '../adapters/argocd/kubernetes/leaders-client.ts';
import { createLeaseElection, type LeaseTiming } from '../adapters/argocd/kubernetes/lease-election.ts';
import { DEFAULT_CONTAINER, DEFAULT_QUOTA } from '../adapters/argocd/objects/guardrails.ts';
import { createGitOpsRepository } from '../adapters/git/gitops-repository.ts';
import { previewUrl, type Config } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Election } from '../ports/election.ts';
import type { EnvironmentRuntime } from '../ports/environment-runtime.ts';
import type { GitOpsRepository } from '../ports/gitops-repository.ts';
import type { Log } from '../ports/log.ts';
import { readClusterInputs } from './cluster-inputs.ts';

/** What runs environments in a cluster, and who of several replicas leads. */
export interface ClusterParts {
  readonly runtime: EnvironmentRuntime;
  readonly election: Election;
  /** What people call the cluster. */
  readonly clusterName: string;
}

/** Replaces parts, for tests that cut the product off in the middle of a call. */
export interface ClusterDecoration {
  /** What environments are made with; the election has a client of its own. */
  readonly kubernetes?: (client: KubernetesClient) => KubernetesClient;
  readonly gitOps?: (repository: GitOpsRepository) => GitOpsRepository;
  /** So that nobody has to wait long for the Lease of a process that was killed. */
  readonly lease?: LeaseTiming;
}

export interface ClusterSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly userEnvironment: Readonly<Record<string, string>>;
  readonly decoration: ClusterDecoration;
}

const BLUEBERRY_NAMESPACE = 'blueberry';

/** Fails with a `ConfigError` where what can be known without the cluster is wrong. The cluster itself may be away. */
export async function openCluster(config: Config, surroundings: ClusterSurroundings): Promise<ClusterParts> {
  const { clock, log, userEnvironment, decoration } = surroundings;
  const { cluster } = config;
  const { access, isInCluster, template, workloadChart, installation } = await readClusterInputs(
    config,
    userEnvironment,
  );
  const namespace = cluster.namespace ?? access.namespace ?? BLUEBERRY_NAMESPACE;
  const settings: ArgocdSettings = {
    installation,
    argocdNamespace: cluster.argocdNamespace,
    ownNamespace: namespace,
    destinationServer: cluster.destinationServer,
    workloadChart,
    guardrails: {
      quota: {
        ...DEFAULT_QUOTA,
        'limits.cpu': cluster.quota.cpu,
        'limits.memory': cluster.quota.memory,
        pods: String(cluster.quota.pods),
      },
      container: DEFAULT_CONTAINER,
      gatewayNamespace: namespace,
    },
    traffic: isInCluster ? 'service' : 'port-forward',
    hostOf: (name) => new URL(previewUrl(config, name)).host,
    logFolder: join(config.dataDir, 'logs'),
  };
  const election = createLeaseElection({
    client: createKubernetesClient({ access, clock }),
    namespace,
    name: `blueberry-${installation}`,
    holder: `${hostname()} (process ${String(process.pid)})`,
    clock,
    log,
    ...(decoration.lease === undefined ? {} : { timing: decoration.lease }),
  });
  const leads = (): boolean => election.leads();
  const fenced = leadersClient(createKubernetesClient({ access, clock }), leads);
  const client = decoration.kubernetes?.(fenced) ?? fenced;
  const delivery = openDelivery(config, settings, { ...surroundings, client, leads });
  return {
    runtime: createArgocdRuntime({ client, template, delivery, clock, log, settings }),
    election,
    clusterName: cluster.name ?? access.context,
  };
}

function openDelivery(
  { cluster, gitopsMode, dataDir, allowedPrivateRepositoryHosts, environment }: Config,
  settings: ArgocdSettings,
  {
    client,
    clock,
    log,
    userEnvironment,
    decoration,
    leads,
  }: ClusterSurroundings & {
    readonly client: KubernetesClient;
    readonly leads: () => boolean;
  },
): ApplicationDelivery {
  const { argocdNamespace, installation } = settings;
  const { repository: url, branch, folder, rootApplication, credential } = cluster.gitops;
  if (gitopsMode === 'api' || url === null) return createApiDelivery({ client, argocdNamespace, log });
  const repository = createGitOpsRepository({
    folder: join(dataDir, 'gitops'),
    url,
    branch,
    credential,
    author: { name: 'Blueberry', email: 'blueberry@localhost' },
    policy: { allowLocal: environment === 'development', privateHosts: allowedPrivateRepositoryHosts },
    userEnvironment,
    clock,
    mayPush: leads,
  });
  const decorated = decoration.gitOps?.(repository) ?? repository;
  return createGitDelivery({
    repository: decorated,
    client,
    installation,
    argocdNamespace,
    folder,
    rootApplication,
    clock,
    log,
  });
}
