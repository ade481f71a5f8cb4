import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { certificateUser, writeKubeconfig } from './kubeconfig.ts';
import { openKubernetes } from './kubernetes.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A way to the API server on which anything may happen. */
export interface BadNetwork {
  readonly network: TcpProxy;
  readonly client: KubernetesClient;
  close(): Promise<void>;
}

export async function openBadNetwork({ server, certificateAuthority, admin }: ClusterAccess): Promise<BadNetwork> {
  const network = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server).port) });
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-bad-network-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const detour = `https://127.0.0.1:${String(network.port)}`;
  await writeKubeconfig(kubeconfig, { server: detour, certificateAuthority, user: certificateUser(admin) });
  const client = await openKubernetes(kubeconfig);
  return {
    network,
    client,
    async close() {
      client.close();
      await network.close();
      await rm(folder, { recursive: true });
    },
  };
}
