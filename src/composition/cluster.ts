import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { createArgocdRuntime } from '../adapters/argocd/argocd-runtime.ts';
import type { ArgocdSettings } from '../adapters/argocd/argocd-settings.ts';
import { createApiDelivery } from '../adapters/argocd/delivery/api-delivery.ts';
import type { ApplicationDelivery } from '../adapters/argocd/delivery/application-delivery.ts';
import { createGitDelivery } from '../adapters/argocd/delivery/git-delivery.ts';
import {
  loadClusterAccess,
  type ClusterAccess,
  type ClusterSource,
} from '../adapters/argocd/kubernetes/cluster-access.ts';
import { createKubernetesClient } from '../adapters/argocd/kubernetes/create-kubernetes-client.ts';
import type { KubernetesClient } from '../adapters/argocd/kubernetes/kubernetes-client.ts';
import { KubernetesFailure } from '../adapters/argocd/kubernetes/kubernetes-failure.ts';
import { createLeaseElection, type LeaseTiming } from '../adapters/argocd/kubernetes/lease-election.ts';
import {
  createApplicationTemplate,
  type ApplicationTemplate,
} from '../adapters/argocd/manifest/application-template.ts';
import { TemplateFailure } from '../adapters/argocd/manifest/template-failure.ts';
import { DEFAULT_CONTAINER, DEFAULT_QUOTA } from '../adapters/argocd/objects/guardrails.ts';
import { readCheckoutHead } from '../adapters/git/checkout-head.ts';
import { createGitOpsRepository } from '../adapters/git/gitops-repository.ts';
import { ConfigError } from '../config/config-error.ts';
import { previewUrl, type ClusterConfig, type Config } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Election } from '../ports/election.ts';
import type { EnvironmentRuntime } from '../ports/environment-runtime.ts';
import type { GitOpsRepository } from '../ports/gitops-repository.ts';
import type { Log } from '../ports/log.ts';
import { PACKAGE_ROOT } from './package-root.ts';

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
  const access = await openAccess(cluster);
  const undecorated = createKubernetesClient({ access, clock });
  const client = decoration.kubernetes?.(undecorated) ?? undecorated;
  const installation = cluster.installation ?? (await ownInstallation(config.dataDir));
  const namespace = cluster.namespace ?? access.namespace ?? BLUEBERRY_NAMESPACE;
  const settings: ArgocdSettings = {
    installation,
    argocdNamespace: cluster.argocdNamespace,
    ownNamespace: namespace,
    destinationServer: cluster.destinationServer,
    workloadChart: await workloadChart(cluster.workloadChart, userEnvironment),
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
    traffic: 'inCluster' in sourceOf(cluster) ? 'service' : 'port-forward',
    hostOf: (name) => new URL(previewUrl(config, name)).host,
    logFolder: join(config.dataDir, 'logs'),
  };
  const delivery = openDelivery(config, settings, { ...surroundings, client });
  const template = await readTemplate(cluster.applicationTemplate);
  const electionClient = createKubernetesClient({ access, clock });
  return {
    runtime: createArgocdRuntime({ client, template, delivery, clock, log, settings }),
    election: createLeaseElection({
      client: electionClient,
      namespace,
      name: `blueberry-${installation}`,
      holder: `${hostname()} (process ${String(process.pid)})`,
      clock,
      log,
      ...(decoration.lease === undefined ? {} : { timing: decoration.lease }),
    }),
    clusterName: cluster.name ?? access.context,
  };
}

function sourceOf({ kubeconfig, context, inCluster }: ClusterConfig): ClusterSource {
  if (kubeconfig === null && inCluster !== null) return { inCluster };
  return {
    kubeconfig: kubeconfig ?? join(homedir(), '.kube', 'config'),
    ...(context === null ? {} : { context }),
  };
}

async function openAccess(cluster: ClusterConfig): Promise<ClusterAccess> {
  try {
    return await loadClusterAccess(sourceOf(cluster));
  } catch (error) {
    if (!(error instanceof KubernetesFailure)) throw error;
    throw fault(
      'KUBECONFIG',
      `leads to no cluster. ${error.message}`,
      'Set it to a kubeconfig that kubectl works with.',
    );
  }
}

function openDelivery(
  { cluster, gitopsMode, dataDir, allowedPrivateRepositoryHosts, environment }: Config,
  settings: ArgocdSettings,
  { client, clock, log, userEnvironment, decoration }: ClusterSurroundings & { readonly client: KubernetesClient },
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

async function readTemplate(path: string | null): Promise<ApplicationTemplate> {
  const file = path ?? join(PACKAGE_ROOT, 'templates', 'application.yaml.j2');
  const remedy = 'Correct the template, or leave APPLICATION_TEMPLATE out for the one that comes with Blueberry.';
  try {
    return createApplicationTemplate(file, await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof TemplateFailure)
      throw fault('APPLICATION_TEMPLATE', `can't be used. ${error.message}`, remedy);
    throw fault('APPLICATION_TEMPLATE', `can't be read: ${String(error)}.`, remedy);
  }
}

/** While developing, the chart of this checkout, as it was committed last. */
async function workloadChart(
  { repository, path, revision }: ClusterConfig['workloadChart'],
  userEnvironment: Readonly<Record<string, string>>,
): Promise<ArgocdSettings['workloadChart']> {
  if (repository !== null) return { repository, path, revision: revision ?? 'HEAD' };
  try {
    const head = await readCheckoutHead(PACKAGE_ROOT, userEnvironment);
    return { repository: `file://${PACKAGE_ROOT.replace(/\/$/, '')}`, path, revision: revision ?? head };
  } catch {
    throw fault(
      'WORKLOAD_CHART_REPOSITORY',
      'must be set where Blueberry does not run from a Git checkout of its own',
      'Set it to the URL of a Git repository that holds charts/workload, as Argo CD reaches it.',
    );
  }
}

/** Two laptops in one cluster must not take each other's environments for their own: each data folder has a name. */
async function ownInstallation(dataDir: string): Promise<string> {
  const file = join(dataDir, 'installation');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, `local-${randomBytes(4).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const name = (await readFile(file, 'utf8')).trim();
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name))
    throw fault(
      'INSTALLATION',
      `can't be read from ${file}`,
      'Set it to the name that the objects in the cluster carry.',
    );
  return name;
}

function fault(name: string, problem: string, remedy: string): ConfigError {
  return new ConfigError([{ name, problem, remedy }]);
}
