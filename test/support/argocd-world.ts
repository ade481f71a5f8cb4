import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArgocdSettings } from '../../src/adapters/argocd/argocd-settings.ts';
import { createArgocdRuntime } from '../../src/adapters/argocd/argocd-runtime.ts';
import { createApiDelivery } from '../../src/adapters/argocd/delivery/api-delivery.ts';
import type { ApplicationDelivery } from '../../src/adapters/argocd/delivery/application-delivery.ts';
import { createGitDelivery } from '../../src/adapters/argocd/delivery/git-delivery.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { createGitOpsRepository } from '../../src/adapters/git/gitops-repository.ts';
import { createApplicationTemplate } from '../../src/adapters/argocd/manifest/application-template.ts';
import { DEFAULT_CONTAINER, DEFAULT_QUOTA } from '../../src/adapters/argocd/objects/guardrails.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { kubernetesName } from '../../src/core/naming.ts';
import type { EnvironmentRuntime } from '../../src/ports/environment-runtime.ts';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { connect } from '../../testbed/cluster/kubernetes-client.ts';
import { repositoryFile } from '../../scripts/chart-documentation.ts';
import type { EnvironmentRuntimeHarness } from '../contract/environment-runtime.stage.ts';
import { accountKubeconfig, OWN_NAMESPACE } from './blueberry-account.ts';
import { type ChartRepository, makeChartRepository } from './chart-repository.ts';
import { contractComponent, withConstants } from './contract-components.ts';
import { createGitOpsWorld, GITOPS_FOLDER } from './gitops-world.ts';
import { objectsOf, wipe } from './installation-objects.ts';
import { openKubernetes } from './kubernetes.ts';
import { recordingLog } from './recording-log.ts';

export interface ArgocdWorldOptions {
  readonly cluster: ClusterAccess;
  /** How Applications get into the cluster. */
  readonly mode: 'api' | 'git';
  /** Where the API server is reached in another way, or as somebody else, than by Blueberry's account. */
  readonly kubeconfig?: string;
  readonly settings?: Partial<ArgocdSettings>;
  /** How often Argo CD tries a sync again; left out, as often as the template says. */
  readonly syncRetries?: number;
}

export interface ArgocdWorld extends EnvironmentRuntimeHarness {
  readonly settings: ArgocdSettings;
  /** Whose environments those are that `component` makes. */
  readonly repository: { readonly id: string; readonly url: string };
  /** What the runtime has logged, over all restarts. */
  readonly log: ReturnType<typeof recordingLog>;
}

/**
 * A Blueberry of its own on a cluster that others share: it is told from them by the name of its installation, and has
 * a repository, with its project, and a GitOps repository of its own.
 */
export async function createArgocdWorld({
  cluster,
  mode,
  kubeconfig,
  settings: changes = {},
  syncRetries,
}: ArgocdWorldOptions): Promise<ArgocdWorld> {
  const installation = `world-${randomBytes(4).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-world-'));
  const observer = await connect(cluster.kubeconfig);
  const [chart, account] = await Promise.all([workloadChart(cluster), kubeconfig ?? blueberryAccount(cluster)]);
  const gitOps = mode === 'git' ? await createGitOpsWorld(cluster, installation) : null;
  const repository = { id: `repo_${installation}`, url: `https://git.example.com/acme/${installation}.git` };
  const hostOf = (name: string): string => `${name}.localhost`;
  const settings: ArgocdSettings = {
    installation,
    argocdNamespace: 'argocd',
    ownNamespace: OWN_NAMESPACE,
    destinationServer: 'https://kubernetes.default.svc',
    workloadChart: { repository: chart.url, path: 'charts/workload', revision: 'main' },
    guardrails: { quota: DEFAULT_QUOTA, container: DEFAULT_CONTAINER, gatewayNamespace: OWN_NAMESPACE },
    traffic: 'port-forward',
    hostOf,
    logFolder: join(folder, 'logs'),
    ...changes,
  };
  const template = createApplicationTemplate(
    'application.yaml.j2',
    (await readFile(repositoryFile('templates/application.yaml.j2'), 'utf8')).replace(
      /^( +limit:) \d+$/m,
      (line, limit: string) => (syncRetries === undefined ? line : `${limit} ${String(syncRetries)}`),
    ),
  );
  const clock = createSystemClock();
  const log = recordingLog();
  /** Names of all environments that were asked for. */
  const names = new Set<string>();

  function deliver(client: KubernetesClient): ApplicationDelivery {
    const { argocdNamespace } = settings;
    if (gitOps === null) return createApiDelivery({ client, argocdNamespace, log });
    const repository = createGitOpsRepository({
      folder: join(folder, 'gitops'),
      url: gitOps.remote.path,
      credential: null,
      branch: 'main',
      author: { name: 'Blueberry', email: 'blueberry@example.invalid' },
      policy: { allowLocal: true, privateHosts: [] },
      userEnvironment: { PATH: process.env['PATH'] ?? '' },
      clock,
    });
    const parts = { repository, client, installation, argocdNamespace, clock, log };
    return createGitDelivery({ ...parts, folder: GITOPS_FOLDER, rootApplication: gitOps.root.name });
  }

  async function open(): Promise<EnvironmentRuntime> {
    const client = await openKubernetes(account);
    const delivery = deliver(client);
    const runtime = createArgocdRuntime({ client, template, delivery, clock, log, settings });
    return {
      ...runtime,
      async ensure(desired) {
        names.add(kubernetesName(desired.key.name, desired.key.id));
        return runtime.ensure(withConstants(desired, hostOf));
      },
      async close() {
        await runtime.close();
        client.close();
      },
    };
  }
  let runtime = await open();

  return {
    get runtime() {
      return runtime;
    },
    settings,
    repository,
    log,
    // Many worlds share two cores with a whole control plane.
    patienceMs: 60_000,
    tellsStreamsApart: false,
    component: (kind, mark) => Promise.resolve(contractComponent(repository, kind, mark)),
    async restart() {
      await runtime.close();
      runtime = await open();
      return runtime;
    },
    async leftovers() {
      const [objects, files] = await Promise.all([objectsOf(observer, installation, names), gitOps?.files()]);
      return [...objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`), ...(files ?? [])];
    },
    async dispose() {
      await runtime.close();
      // What it has made would be made again by it.
      await gitOps?.dispose();
      await wipe(observer, await objectsOf(observer, installation, names));
      observer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let accountOfAll: Promise<string> | undefined;

/** Worlds have no more rights than Blueberry is given, and all the same account. */
function blueberryAccount(cluster: ClusterAccess): Promise<string> {
  return (accountOfAll ??= accountKubeconfig(cluster));
}

let chartOfAll: Promise<ChartRepository> | undefined;

/** Nobody changes it, so that all worlds of a file have one, and Argo CD has it at hand. */
function workloadChart({ gitFolder }: ClusterAccess): Promise<ChartRepository> {
  return (chartOfAll ??= makeChartRepository(gitFolder, `chart-${randomBytes(4).toString('hex')}`, [
    'charts/workload',
  ]));
}
