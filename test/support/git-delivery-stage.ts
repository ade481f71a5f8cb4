import { randomBytes } from 'node:crypto';
import type { ApplicationDelivery } from '../../src/adapters/argocd/delivery/application-delivery.ts';
import { createGitDelivery, type GitDeliveryOptions } from '../../src/adapters/argocd/delivery/git-delivery.ts';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import type { NewObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { makeChartRepository } from './chart-repository.ts';
import { until } from './cluster-tools.ts';
import {
  ARGOCD_NAMESPACE,
  createDeliveryStage,
  type DeliveryClient,
  type DeliveryStage,
  type StagedEnvironment,
} from './delivery-stage.ts';
import { createGitOpsRemote, type GitOpsRemote } from './gitops-remote.ts';
import { GITOPS_FOLDER } from './gitops-world.ts';
import { installGitOpsRoot, type GitOpsRoot } from './gitops-root.ts';
import { openKubernetes } from './kubernetes.ts';
import { recordingLog } from './recording-log.ts';

/** A GitOps repository, the Application by which Argo CD follows it, and environments to be delivered with it. */
export interface GitDeliveryStage {
  /** Of an administrator. */
  readonly client: KubernetesClient;
  readonly remote: GitOpsRemote;
  readonly chartRepository: string;
  readonly rootName: string;
  readonly stage: DeliveryStage;
  /** By how much the clock of deliveries goes ahead of the time, in milliseconds. */
  ahead: number;
  installRoot(): Promise<GitOpsRoot>;
  /** A delivery that knows nothing yet. */
  open(more?: Partial<GitDeliveryOptions>): ApplicationDelivery;
  dispose(): Promise<void>;
}

export async function createGitDeliveryStage({ gitFolder, kubeconfig }: ClusterAccess): Promise<GitDeliveryStage> {
  const client = await openKubernetes(kubeconfig);
  const rootName = `root-${randomBytes(3).toString('hex')}`;
  const chart = await makeChartRepository(gitFolder, `charts-${rootName}`, ['charts/workload']);
  const remote = await createGitOpsRemote({ [`${GITOPS_FOLDER}/README.md`]: '# Environments\n' });
  const stage = await createDeliveryStage(client, chart.url);
  let root: GitOpsRoot | null = null;
  const gitStage: GitDeliveryStage = {
    client,
    remote,
    chartRepository: chart.url,
    rootName,
    stage,
    ahead: 0,
    async installRoot() {
      root = await installGitOpsRoot(client, rootName, `file://${remote.path}`);
      return root;
    },
    open: (more = {}) =>
      createGitDelivery({
        repository: remote.open(),
        client,
        installation: stage.installation,
        argocdNamespace: ARGOCD_NAMESPACE,
        folder: GITOPS_FOLDER,
        rootApplication: rootName,
        clock: { ...createSystemClock(), now: () => Date.now() + gitStage.ahead },
        log: recordingLog(),
        ...more,
      }),
    async dispose() {
      await root?.remove();
      await stage.dispose();
      await remote.dispose();
      client.close();
    },
  };
  return gitStage;
}

/** Asks again and again, as a reconciler does, until the delivery says that it is so. */
export async function deliver(
  delivery: ApplicationDelivery,
  environment: StagedEnvironment,
  wanted: NewObject<Application>,
): Promise<Application> {
  return until(async () => delivery.put(wanted, await environment.find()), `${environment.name} to be delivered`);
}

/** The same until it is gone. */
export async function removeThrough(delivery: ApplicationDelivery, environment: StagedEnvironment): Promise<void> {
  await until(async () => {
    const seen = await environment.find();
    await delivery.remove(environment.name, seen);
    return seen === null;
  }, `${environment.name} to be gone`);
}

/** Counts what is written to the cluster. */
export function countingWrites(client: DeliveryClient, count: () => void): DeliveryClient {
  return {
    get: (...call) => client.get(...call),
    listPages: (...call) => client.listPages(...call),
    create: (...call) => {
      count();
      return client.create(...call);
    },
    patchJson: (...call) => {
      count();
      return client.patchJson(...call);
    },
    delete: (...call) => {
      count();
      return client.delete(...call);
    },
  };
}
