import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  collectionPath,
  connect,
  objectPath,
  type KubernetesClient,
  type KubernetesObject,
} from '../../testbed/cluster/kubernetes-client.ts';
import { makeChartRepository } from '../support/chart-repository.ts';
import { forwardPort, until } from '../support/cluster-tools.ts';
import type { Container } from '../support/manifests.ts';

interface Status {
  sync?: { status: string };
  health?: { status: string };
  reconciledAt?: string;
  conditions?: { type: string; message: string }[];
  operationState?: { phase: string; startedAt: string };
}

const access = inject('cluster');
const suffix = randomBytes(3).toString('hex');
const name = `env-chart-${suffix}`;
const project = `workload-chart-${suffix}`;
const digest = `sha256:${'a'.repeat(64)}`;
const argo = { apiVersion: 'argoproj.io/v1alpha1', namespace: 'argocd' };
let client: KubernetesClient;
let repository: string;

const everything = {
  image: { repository: 'registry.example.com/acme/web', digest },
  replicas: 2,
  env: { GREETING: 'at $(PORT): {{ .Values.image }}' },
  postgres: { enabled: true },
  redis: { enabled: true },
  seed: { enabled: true, command: ['npm', 'run', 'seed'] },
  blueberry: { environmentId: 'env_b4v7zk', name: 'chart', revision: 1 },
};

function application(of: string, values: object): KubernetesObject {
  return {
    apiVersion: argo.apiVersion,
    kind: 'Application',
    metadata: { name: of, namespace: argo.namespace, finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    spec: {
      project,
      source: {
        repoURL: repository,
        path: 'charts/workload',
        targetRevision: 'main',
        helm: { releaseName: of, values: JSON.stringify(values) },
      },
      destination: { server: 'https://kubernetes.default.svc', namespace: of },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['ServerSideApply=true', 'ApplyOutOfSyncOnly=true', 'PruneLast=true', 'FailOnSharedResource=true'],
      },
    },
  };
}

const statusOf = async (of: string): Promise<Status> =>
  (await client.get<{ status?: Status }>(application(of, {}))).status ?? {};

/** An object that the chart made, as far as it is looked at here. */
interface Made {
  metadata: { name: string; uid: string; creationTimestamp: string; labels: Record<string, string> };
  spec: { containers?: Container[] };
  status: { completionTime?: string; conditions?: { type: string; lastTransitionTime: string }[] };
}

async function list(apiVersion: string, kind: string): Promise<Made[]> {
  return (await client.request<{ items: Made[] }>('GET', collectionPath(apiVersion, kind, name))).items;
}

const componentOf = ({ metadata }: Made): string | undefined => metadata.labels['app.kubernetes.io/component'];

async function podsOf(component: string): Promise<Made[]> {
  return (await list('v1', 'Pod')).filter((pod) => componentOf(pod) === component);
}

async function components(apiVersion: string, kind: string): Promise<(string | undefined)[]> {
  return (await list(apiVersion, kind)).map(componentOf).sort();
}

/** Applies values and waits until they are in place. */
async function deploy(values: object): Promise<void> {
  const before = (await statusOf(name).catch((): Status => ({}))).operationState?.startedAt;
  await client.apply(application(name, values));
  await until(async () => {
    const { sync, health, operationState } = await statusOf(name);
    const isDone = operationState?.phase === 'Succeeded' && operationState.startedAt !== before;
    return isDone && sync?.status === 'Synced' && health?.status === 'Healthy';
  }, `${name} to be Synced and Healthy`);
}

beforeAll(async () => {
  client = await connect(access.kubeconfig);
  repository = (await makeChartRepository(access.gitFolder, project, ['charts/workload'])).url;
  await client.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  });
  await client.apply({
    apiVersion: argo.apiVersion,
    kind: 'AppProject',
    metadata: { name: project, namespace: argo.namespace },
    spec: {
      sourceRepos: [repository],
      destinations: [{ server: 'https://kubernetes.default.svc', namespace: 'env-*' }],
      clusterResourceWhitelist: [],
      namespaceResourceBlacklist: ['ResourceQuota', 'LimitRange', 'NetworkPolicy'].map((kind) => ({
        group: '*',
        kind,
      })),
    },
  });
});
afterAll(async () => {
  await client.delete(application(name, {}));
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  client.close();
});

describe('the workload chart under Argo CD, in a namespace that enforces Pod Security `restricted`', () => {
  it('becomes Synced and Healthy with databases, seed and workload, in this order', async () => {
    await deploy(everything);
    expect(await components('v1', 'Pod')).toEqual(['postgres', 'redis', 'seed', 'web', 'web']);

    const seconds = (time: string | undefined): number => Date.parse(time ?? '') / 1000;
    const [job] = await list('batch/v1', 'Job');
    const deployments = await list('apps/v1', 'Deployment');
    const started = seconds(job?.metadata.creationTimestamp);
    for (const { metadata, status } of deployments.filter((deployment) => componentOf(deployment) !== 'web')) {
      const available = status.conditions?.find(({ type }) => type === 'Available');
      expect(started, metadata.name).toBeGreaterThanOrEqual(seconds(available?.lastTransitionTime));
    }
    const web = deployments.find((deployment) => componentOf(deployment) === 'web');
    expect(seconds(web?.metadata.creationTimestamp)).toBeGreaterThanOrEqual(seconds(job?.status.completionTime));
  });

  it('hands environment, databases and revision to the workload', async () => {
    const [pod] = await podsOf('web');
    expect(pod?.metadata.labels).toMatchObject({
      'blueberry.dev/environment-id': 'env_b4v7zk',
      'blueberry.dev/revision': '1',
    });
    expect(pod?.spec.containers).toMatchObject([
      {
        image: `registry.example.com/acme/web@${digest}`,
        env: expect.arrayContaining([{ name: 'GREETING', value: 'at $$(PORT): {{ .Values.image }}' }]),
      },
    ]);
    const forwarded = await forwardPort(access, name, pod?.metadata.name ?? '', 8080);
    try {
      const { env } = (await (await fetch(`${forwarded.url}/__stub`)).json()) as { env: Record<string, string> };
      expect(env).toMatchObject({
        GREETING: 'at $(PORT): {{ .Values.image }}',
        PORT: '8080',
        BLUEBERRY_NAME: 'chart',
        PGHOST: `${name}-postgres`,
        DATABASE_URL: expect.stringMatching(`^postgresql://app:[0-9a-f]{32}@${name}-postgres:5432/app$`),
        REDIS_URL: expect.stringMatching(`^redis://:[0-9a-f]{32}@${name}-redis:6379/0$`),
      });
    } finally {
      await forwarded.end();
    }
  });

  it('stays Synced when Argo CD renders it again', async () => {
    const before = await statusOf(name);
    const refresh = 'argocd.argoproj.io/refresh';
    const patch = {
      metadata: { annotations: { [refresh]: 'hard', [`${refresh}-timestamp`]: new Date().toISOString() } },
    };
    await client.request('PATCH', objectPath(application(name, {})), patch, 'application/merge-patch+json');
    const after = await until(async () => {
      const { metadata, status } = await client.get<KubernetesObject & { status: Status }>(application(name, {}));
      const isDone = metadata.annotations?.[refresh] === undefined && status.reconciledAt !== before.reconciledAt;
      return isDone && status;
    }, 'another look of Argo CD');
    expect(after).toMatchObject({ sync: { status: 'Synced' }, operationState: before.operationState });
  });

  it('runs the seed again for a new revision, and leaves the databases alone', async () => {
    const uids = async (component: string): Promise<string[]> =>
      (await podsOf(component)).map(({ metadata }) => metadata.uid);
    const [postgres, seed] = [await uids('postgres'), await uids('seed')];
    await deploy({ ...everything, blueberry: { ...everything.blueberry, revision: 2 } });
    expect(await uids('postgres')).toEqual(postgres);
    const seedNow = await uids('seed');
    expect(seedNow).toHaveLength(1);
    expect(seedNow).not.toEqual(seed);
  });

  it('has no pods asleep, and all of them again when it wakes', async () => {
    await deploy({ ...everything, asleep: true });
    await until(async () => (await list('v1', 'Pod')).length === 0, 'no pods');
    expect(await list('batch/v1', 'Job')).toEqual([]);
    expect(await components('apps/v1', 'Deployment')).toEqual(['postgres', 'redis', 'web']);
    await deploy(everything);
    expect(await components('v1', 'Pod')).toEqual(['postgres', 'redis', 'seed', 'web', 'web']);
  });

  it('says what its schema refuses', async () => {
    const refused = `env-refused-${suffix}`;
    await client.apply(application(refused, { ...everything, ingress: { enabled: true } }));
    const found = await until(
      async () => (await statusOf(refused)).conditions?.find(({ type }) => type === 'ComparisonError'),
      'a ComparisonError',
    );
    expect(found.message).toContain("additional properties 'ingress' not allowed");
    await client.delete(application(refused, {}));
  });
});
