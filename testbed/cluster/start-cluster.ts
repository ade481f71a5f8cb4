import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClusterAccess, describeAccess } from './access.ts';
import { argoCdComponents, type ArgoCdOptions } from './argocd-components.ts';
import { auditArguments } from './audit.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { compactEtcd } from './compact-etcd.ts';
import { type Component, type ComponentDefinition, type ComponentName, createComponent } from './component.ts';
import { environmentOf, kubernetesComponents } from './kubernetes-components.ts';
import { connect } from './kubernetes-client.ts';
import { type Layout, makeLayout } from './layout.ts';
import { applyFirstObjects } from './objects.ts';
import { answersHttp } from './probes.ts';
import { startProcesses } from './processes.ts';
import type { StageHandConfiguration } from './stage-hand/main.ts';

export interface ClusterOptions {
  /** How many nodes there are, each with room for about everything. 2 if left out. */
  nodes?: number;
  /** Nothing but etcd and the API server, for tests of what talks to them: starts in half the time, in a quarter of the memory. */
  only?: 'api';
  /** For many Applications: `{ resyncSeconds: 300, statusProcessors: 50, operationProcessors: 25 }`. */
  argocd?: Partial<ArgoCdOptions>;
  /** Users whose requests the API server takes down, each in a line of `auditLog`. None if left out. */
  audited?: readonly string[];
}

export interface Cluster {
  readonly access: ClusterAccess;
  /** The servers of the cluster, for tests that take one away. */
  readonly components: Record<ComponentName, Component>;
  /**
   * Forgets the history of all objects. After that and a restart of `kube-apiserver`, which has some of it in memory,
   * whoever asks for an earlier resource version, be it to watch from there or to list, is refused with 410.
   */
  compactEtcd(): Promise<void>;
  /** Ends everything and removes the folder of the cluster. */
  stop(): Promise<void>;
}

const argoCdDefaults: ArgoCdOptions = { resyncSeconds: 20, statusProcessors: 20, operationProcessors: 10 };

/**
 * Starts a cluster in a temporary folder, on free ports of 127.0.0.1, and resolves when everything answers. All of it
 * ends with `stop`, or when the process that started it ends, however that happens.
 */
export async function startCluster({
  nodes = 2,
  only,
  argocd = {},
  audited = [],
}: ClusterOptions = {}): Promise<Cluster> {
  const layout = await makeLayout();
  const processes = startProcesses(layout.folder);
  const stop = async (): Promise<void> => {
    await processes.end();
    layout.releasePorts();
  };
  try {
    const certificates = await makeCertificates(layout.certificates);
    const access = await describeAccess(layout, certificates);
    const definitions = [
      ...kubernetesComponents(layout, certificates, access.kubeconfig, await auditArguments(layout, audited)),
      ...argoCdComponents(layout, access.kubeconfig, { ...argoCdDefaults, ...argocd }),
      await stageHand(layout, certificates, access),
    ];
    const components = Object.fromEntries(
      definitions.map((definition) => [
        definition.name,
        createComponent(definition, processes, join(layout.logs, `${definition.name}.log`)),
      ]),
    ) as Record<ComponentName, Component>;
    const start = async (...names: ComponentName[]): Promise<void> => {
      await Promise.all(names.map((name) => components[name].start()));
    };

    const compact = (): Promise<void> => compactEtcd(layout.ports.etcd);
    const cluster: Cluster = { access, components, compactEtcd: compact, stop };
    if (only === 'api') {
      await start('etcd');
      await start('kube-apiserver');
      return cluster;
    }
    await Promise.all([
      start('etcd').then(() => start('kube-apiserver')),
      start('redis', 'registry', 'argocd-repo-server'),
    ]);
    const client = await connect(access.kubeconfig);
    await Promise.all([
      start('kube-controller-manager', 'kube-scheduler'),
      applyFirstObjects(client, nodes).then(() => start('kwok', 'stage-hand', 'argocd-application-controller')),
    ]);
    client.close();
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stageHand(
  layout: Layout,
  { server: certificate }: Certificates,
  { kubeconfig, podLogs, registry }: ClusterAccess,
): Promise<ComponentDefinition> {
  const { kubelet: port, kwok: kwokPort } = layout.ports;
  const configuration: StageHandConfiguration = { kubeconfig, podLogs, registry, port, kwokPort, certificate };
  const file = join(layout.data, 'stage-hand.json');
  await writeFile(file, JSON.stringify(configuration));
  return {
    name: 'stage-hand',
    command: {
      program: process.execPath,
      args: [fileURLToPath(new URL('./stage-hand/main.ts', import.meta.url)), file],
      env: environmentOf(layout),
    },
    probe: () => answersHttp(`https://127.0.0.1:${port}/healthz`, { rejectUnauthorized: false }),
  };
}
