import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { partFolder } from '../cache.ts';
import { type Part, parts } from '../parts.ts';
import type { KubernetesClient, KubernetesObject } from './kubernetes-client.ts';

const argocd = 'argocd';
const ofArgoCd = { 'app.kubernetes.io/part-of': 'argocd' };

/** Each kind takes the API server a good part of a second: these are the ones that a platform makes. */
const gatewayKinds = /^(gatewayclasses|gateways|httproutes|referencegrants)\./;

/** Puts into the empty API what has to be there before the controllers start. */
export async function applyFirstObjects(client: KubernetesClient, nodes: number): Promise<void> {
  const definitions = [
    ...(await readDefinitions(parts.argocd)),
    ...(await readDefinitions(parts.kwok)),
    ...(await readDefinitions(parts['gateway-api'])).filter(({ metadata }) => gatewayKinds.test(metadata.name)),
  ];
  await Promise.all([
    ...definitions.map((definition) => client.create(definition)),
    ...Array.from({ length: nodes }, (_, index) => client.create(node(`node-${index + 1}`))),
    client.create(storageClass),
    ...[argocd, 'blueberry'].map((name) => client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  ]);
  await Promise.all(argoCdSettings().map((object) => client.create(object)));
  await Promise.all(definitions.map(({ metadata }) => untilServed(client, metadata.name)));
  await client.create(defaultProject);
}

async function readDefinitions(part: Part): Promise<KubernetesObject[]> {
  const text = await readFile(join(partFolder(part), 'definitions.json'), 'utf8');
  return JSON.parse(text) as KubernetesObject[];
}

/** Any object may be deployed from anywhere to anywhere; Blueberry's own projects are the narrow ones. */
const defaultProject: KubernetesObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'default', namespace: argocd },
  spec: {
    sourceRepos: ['*'],
    destinations: [{ namespace: '*', server: '*' }],
    clusterResourceWhitelist: [{ group: '*', kind: '*' }],
  },
};

function argoCdSettings(): KubernetesObject[] {
  const settings = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: argocd, labels: ofArgoCd },
  });
  return [
    settings('argocd-cm'),
    settings('argocd-rbac-cm'),
    settings('argocd-cmd-params-cm'),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-secret', namespace: argocd, labels: ofArgoCd },
      stringData: { 'server.secretkey': randomBytes(32).toString('base64') },
    },
  ];
}

/** Far more room than tests use. KWOK fills in the rest of what a kubelet says of its machine. */
const room = { cpu: '1k', memory: '1Ti', 'ephemeral-storage': '10Ti', pods: '1M' };

function node(name: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
    },
    status: { capacity: room, allocatable: room },
  };
}

/** Volumes of this class are bound at once by KWOK, and hold nothing. */
const storageClass: KubernetesObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'kwok-volume', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'kwok.x-k8s.io/volume',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
};

async function untilServed(client: KubernetesClient, name: string): Promise<void> {
  const address = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } };
  for (;;) {
    const { status } = await client.get<{ status?: { conditions?: { type: string; status: string }[] } }>(address);
    if (status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true) return;
    await sleep(20);
  }
}
