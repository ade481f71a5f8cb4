import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { repositoryFile } from '../../scripts/chart-documentation.ts';
import { helm } from '../../scripts/helm.ts';
import {
  connect,
  KubernetesError,
  objectPath,
  type KubernetesClient,
  type ObjectAddress,
} from '../../testbed/cluster/kubernetes-client.ts';
import { type ChartRepository, makeChartRepository } from '../support/chart-repository.ts';
import { until } from '../support/cluster-tools.ts';
import { parseManifests } from '../support/manifests.ts';

interface Application {
  status?: {
    sync?: { status: string; revision?: string };
    health?: { status: string };
    operationState?: { phase: string; message?: string; syncResult?: { revision: string } };
  };
}

const access = inject('cluster');
const namespace = 'argocd';
const name = `env-gitops-${randomBytes(3).toString('hex')}`;
const file = `gitops/environments/${name}.yaml`;
const argo = (kind: string, of: string): ObjectAddress => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: { name: of, namespace },
});
const environments = argo('Application', 'blueberry-environments');
let client: KubernetesClient;
let repository: ChartRepository;

beforeAll(async () => {
  client = await connect(access.kubeconfig);
  repository = await makeChartRepository(access.gitFolder, `gitops-${name}`, ['gitops', 'charts/workload']);
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
});
afterAll(async () => {
  for (const of of ['blueberry-root', 'blueberry-environments', name]) await client.delete(argo('Application', of));
  for (const of of ['blueberry-root', 'blueberry-environments']) await client.delete(argo('AppProject', of));
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  client.close();
});

const find = (address: ObjectAddress): Promise<Application | undefined> =>
  client.get<Application>(address).catch((error: unknown) => {
    if (error instanceof KubernetesError && error.status === 404) return undefined;
    throw error;
  });

const refresh = (): Promise<unknown> =>
  client.request(
    'PATCH',
    objectPath(environments),
    { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } },
    'application/merge-patch+json',
  );

/** Commits, asks Argo CD to look, and resolves when its sync to that commit has succeeded. */
async function deliver(text: string | undefined, to = file): Promise<void> {
  const commit = await repository.commit(to, text);
  await until(async () => {
    await refresh();
    const operation = (await find(environments))?.status?.operationState;
    return operation?.phase === 'Succeeded' && operation.syncResult?.revision === commit;
  }, `the sync to ${commit}`);
}

async function remove(): Promise<void> {
  await deliver(undefined);
  await until(async () => (await find(argo('Application', name))) === undefined, 'the Application to be gone');
}

const environment = (): string =>
  JSON.stringify({
    ...argo('Application', name),
    metadata: { name, finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    spec: {
      project: 'default',
      source: {
        repoURL: repository.url,
        path: 'charts/workload',
        targetRevision: 'main',
        helm: { values: JSON.stringify({ image: { repository: 'registry.example.com/acme/web', tag: '1' } }) },
      },
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
      syncPolicy: { automated: {} },
    },
  });

const isHealthy = async (address: ObjectAddress): Promise<boolean> => {
  const status = (await find(address))?.status;
  return status?.sync?.status === 'Synced' && status.health?.status === 'Healthy';
};

it('brings the root up from one chart and one URL', async () => {
  const answer = await helm([
    ...['template', 'blueberry-root', repositoryFile('gitops/root'), '--namespace', namespace],
    ...['--set', `repository.url=${repository.url}`],
  ]);
  if (!answer.ok) throw new Error(answer.message);
  for (const manifest of parseManifests(answer.output)) await client.apply({ ...manifest });
  await until(() => isHealthy(argo('Application', 'blueberry-root')), 'the root to be Synced and Healthy');
  await until(() => isHealthy(environments), 'the environments to be Synced and Healthy');
});

it('makes an environment of a file, and takes it away with the file, be it the last', async () => {
  await deliver(environment());
  await until(() => isHealthy(argo('Application', name)), 'the environment to be Synced and Healthy');
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: name } };
  expect(await find(deployment)).toBeDefined();

  await remove();
  expect(await find(deployment)).toBeUndefined();
});

it('puts back what somebody changes by hand', async () => {
  await deliver(environment());
  const application = argo('Application', name);
  await until(() => isHealthy(application), 'the environment to be Synced and Healthy');
  await client.request(
    'PATCH',
    objectPath(application),
    { spec: { project: 'elsewhere' } },
    'application/merge-patch+json',
  );
  await until(async () => {
    const { spec } = await client.get<{ spec: { project: string } }>(application);
    return spec.project === 'default';
  }, 'the project to be put back');
  await remove();
});

it('refuses a file that holds anything but an Application, and goes on when it is gone', async () => {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
  const badFile = 'gitops/environments/bad.yaml';
  await repository.commit(badFile, JSON.stringify(configMap));
  await repository.commit(file, environment());
  await until(async () => {
    await refresh();
    const message = (await find(environments))?.status?.operationState?.message;
    return message?.includes('ConfigMap is not permitted in project blueberry-environments');
  }, 'the refusal');
  expect(await find(configMap)).toBeUndefined();
  expect(await find(argo('Application', name))).toBeUndefined();
  await deliver(undefined, badFile);
  expect(await find(argo('Application', name))).toBeDefined();
});
