import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ArgocdSettings } from '../adapters/argocd/argocd-settings.ts';
import {
  loadClusterAccess,
  type ClusterAccess,
  type ClusterSource,
} from '../adapters/argocd/kubernetes/cluster-access.ts';
import { KubernetesFailure } from '../adapters/argocd/kubernetes/kubernetes-failure.ts';
import {
  createApplicationTemplate,
  type ApplicationTemplate,
} from '../adapters/argocd/manifest/application-template.ts';
import { TemplateFailure } from '../adapters/argocd/manifest/template-failure.ts';
import { readCheckoutHead } from '../adapters/git/checkout-head.ts';
import { ConfigError } from '../config/config-error.ts';
import type { ClusterConfig, Config } from '../config/config.ts';
import { parseGitRemote } from '../core/git-url.ts';
import { PACKAGE_ROOT } from './package-root.ts';

/** What is read of files before anything is asked of the cluster. */
export interface ClusterInputs {
  readonly access: ClusterAccess;
  /** Whether Blueberry runs in a pod of the cluster. */
  readonly isInCluster: boolean;
  readonly template: ApplicationTemplate;
  readonly workloadChart: ArgocdSettings['workloadChart'];
  readonly installation: string;
}

/** Fails with a `ConfigError` that holds every fault, not the first alone. */
export async function readClusterInputs(
  config: Config,
  userEnvironment: Readonly<Record<string, string>>,
): Promise<ClusterInputs> {
  const { cluster, dataDir } = config;
  const source = sourceOf(cluster);
  const [access, template, workloadChart, installation] = await allOrEveryFault([
    openAccess(source, cluster),
    readTemplate(cluster.applicationTemplate),
    findWorkloadChart(cluster.workloadChart, userEnvironment),
    cluster.installation ?? ownInstallation(dataDir),
    checkGitOpsRepository(config),
  ]);
  return { access, isInCluster: 'inCluster' in source, template, workloadChart, installation };
}

async function allOrEveryFault<T extends readonly unknown[] | []>(
  parts: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  const faults: ConfigError['faults'][number][] = [];
  for (const part of await Promise.allSettled(parts)) {
    if (part.status === 'fulfilled') continue;
    if (!(part.reason instanceof ConfigError)) throw part.reason;
    faults.push(...part.reason.faults);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Promise.all(parts);
}

function sourceOf({ kubeconfig, context, inCluster }: ClusterConfig): ClusterSource {
  if (kubeconfig === null && inCluster !== null) return { inCluster };
  return {
    kubeconfig: kubeconfig ?? join(homedir(), '.kube', 'config'),
    ...(context === null ? {} : { context }),
  };
}

async function openAccess(source: ClusterSource, { context, kubeconfig }: ClusterConfig): Promise<ClusterAccess> {
  try {
    return await loadClusterAccess(source);
  } catch (error) {
    if (!(error instanceof KubernetesFailure)) throw error;
    const from = `KUBECONFIG${kubeconfig === null ? ' (not set)' : ''}`;
    throw fault(
      context === null || 'inCluster' in source ? from : `${from} with KUBERNETES_CONTEXT=${context}`,
      `leads to no cluster. ${withoutFullStop(error.message)}`,
      'Use a kubeconfig that kubectl works with; `make cluster` starts a cluster to try.',
    );
  }
}

async function readTemplate(path: string | null): Promise<ApplicationTemplate> {
  const file = path ?? join(PACKAGE_ROOT, 'templates', 'application.yaml.j2');
  const remedy = 'Correct the template, or leave APPLICATION_TEMPLATE out for the one that comes with Blueberry.';
  try {
    return createApplicationTemplate(file, await readFile(file, 'utf8'));
  } catch (error) {
    const what = error instanceof TemplateFailure ? "can't be used" : "can't be read";
    throw fault('APPLICATION_TEMPLATE', `${what}. ${withoutFullStop(messageOf(error))}`, remedy);
  }
}

/** While developing, the chart of this checkout, as it was committed last. */
async function findWorkloadChart(
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

async function checkGitOpsRepository({ cluster, gitopsMode, environment }: Config): Promise<void> {
  const url = cluster.gitops.repository;
  if (gitopsMode === 'api' || url === null) return;
  const { fault: problem } = parseGitRemote(url, environment === 'development');
  if (problem !== null)
    throw fault('GITOPS_REPOSITORY', problem, 'Correct it; a credential belongs into GITOPS_CREDENTIAL.');
}

function fault(name: string, problem: string, remedy: string): ConfigError {
  return new ConfigError([{ name, problem, remedy }]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whoever prints a fault ends its sentence. */
function withoutFullStop(message: string): string {
  return message.replace(/\.$/, '');
}
