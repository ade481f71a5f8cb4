import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../testbed/cluster/kubernetes-client.ts';
import { type Cluster, startCluster } from '../../testbed/cluster/start-cluster.ts';
import { endChildScripts, startChildScript } from '../support/child-script.ts';
import { createNamespace, pod, until } from '../support/cluster-tools.ts';
import { isRunning } from '../support/processes.ts';

let cluster: Cluster | undefined;

afterEach(async () => {
  await endChildScripts();
  await cluster?.stop();
  cluster = undefined;
});

describe('the processes of a test cluster', () => {
  it('can be taken away, paused and brought back, and are all gone after the stop', async () => {
    cluster = await startCluster({ nodes: 1 });
    const { components, access } = cluster;
    const client = await connect(access.kubeconfig);
    const namespace = await createNamespace(client, 'lifetime');
    const first = await client.request<{ metadata: { resourceVersion: string } }>('GET', '/api/v1/namespaces');

    components['argocd-application-controller'].pause();
    components['argocd-application-controller'].resume();
    await components['argocd-repo-server'].stop('SIGTERM');
    expect(components['argocd-repo-server'].pid).toBeUndefined();
    await components['argocd-repo-server'].start();

    await createNamespace(client, 'later');
    await cluster.compactEtcd();
    await components['kube-apiserver'].stop();
    await expect(client.request('GET', '/version')).rejects.toThrow();
    await components['kube-apiserver'].start();
    const since = `/api/v1/namespaces?watch=true&resourceVersion=${first.metadata.resourceVersion}`;
    await expect(firstOf(client.watch<{ code?: number }>(since, new AbortController().signal))).resolves.toMatchObject({
      type: 'ERROR',
      object: { code: 410 },
    });

    const then = `/api/v1/namespaces?resourceVersionMatch=Exact&resourceVersion=${first.metadata.resourceVersion}`;
    await expect(client.request('GET', then)).rejects.toMatchObject({ status: 410 });

    // What lives on watches has found its way back.
    await client.apply(pod(namespace, 'after', 'example.com/web:1'));
    await until(async () => {
      const read = await client.get<{ status?: { phase?: string } }>(pod(namespace, 'after', ''));
      return read.status?.phase === 'Running';
    }, 'a Pod to run after the restart');

    client.close();
    const pids = Object.values(components).map(({ pid }) => pid ?? 0);
    expect(pids.every(isRunning)).toBe(true);
    await cluster.stop();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(existsSync(dirname(access.kubeconfig))).toBe(false);
  });

  it('end when whoever started them is killed', async () => {
    const script = startChildScript('run-cluster.ts', []);
    const { pids, kubeconfig } = JSON.parse(await script.nextLine()) as { pids: number[]; kubeconfig: string };
    expect(pids.every(isRunning)).toBe(true);
    await script.end('SIGKILL');
    await until(async () => pids.every((pid) => !isRunning(pid)), 'all processes to end', 15_000);
    await until(async () => !existsSync(dirname(kubeconfig)), 'the folder to be removed', 15_000);
  });
});

async function firstOf<T>(events: AsyncIterable<T>): Promise<T | undefined> {
  for await (const event of events) return event;
  return undefined;
}
