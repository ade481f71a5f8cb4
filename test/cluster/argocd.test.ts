import { mkdir, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect, KubernetesError, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { until } from '../support/cluster-tools.ts';

const access = inject('cluster');
let client: KubernetesClient;

interface Application {
  metadata: { uid: string };
  status?: {
    sync?: { status: string; revision?: string };
    health?: { status: string };
    conditions?: { type: string; message: string }[];
  };
}

const chart = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'values.yaml': 'image: example.com/web:1\n',
  'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: {{ .Values.image | quote }}, ports: [{containerPort: 8080}]}]}
`,
  'templates/service.yaml': `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`,
};

async function makeRepository(name: string, files: Record<string, string>): Promise<string> {
  const folder = join(access.gitFolder, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=T', '-c', 'user.email=t@example.invalid', ...args]).toString();
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Begin');
  return `file://${folder}`;
}

function application(name: string, repoURL: string, helm: object = {}) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd', finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    spec: {
      project: 'default',
      source: { repoURL, path: '.', targetRevision: 'main', helm },
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
      syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
    },
  };
}

beforeAll(async () => {
  client = await connect(access.kubeconfig);
});
afterAll(() => client.close());

describe('Argo CD in the test cluster', () => {
  it('brings a chart from a file:// repository to Synced and Healthy, and takes it away by its finalizer', async () => {
    const wanted = application('argocd-chart', await makeRepository('chart', chart));
    await client.apply(wanted);
    const done = await until(async () => {
      const { status } = await client.get<Application>(wanted);
      return status?.sync?.status === 'Synced' && status.health?.status === 'Healthy' && status;
    }, 'Synced and Healthy');
    expect(done.sync?.revision).toMatch(/^[0-9a-f]{40}$/);
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'argocd-chart' },
    };
    expect(await client.get(deployment)).toMatchObject({ status: { readyReplicas: 1 } });

    await client.delete(wanted);
    await until(() => isGone(wanted), 'the Application to be gone');
    expect(await isGone(deployment)).toBe(true);
    await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd-chart' } });
  });

  it('says why a chart does not render', async () => {
    const broken = { ...chart, 'templates/broken.yaml': '{{ required "a domain is needed" .Values.domain }}\n' };
    const wanted = application('argocd-broken', await makeRepository('broken', broken));
    await client.apply(wanted);
    const found = await until(async () => {
      const { status } = await client.get<Application>(wanted);
      return status?.conditions?.find(({ type }) => type === 'ComparisonError');
    }, 'a ComparisonError');
    expect(found.message).toContain('a domain is needed');
    await client.delete(wanted);
    await until(() => isGone(wanted), 'the Application to be gone');
  });
});

async function isGone(object: Parameters<KubernetesClient['get']>[0]): Promise<boolean> {
  return client.get(object).then(
    () => false,
    (error: unknown) => error instanceof KubernetesError && error.status === 404,
  );
}
