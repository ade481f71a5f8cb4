import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { DesiredEnvironment, RuntimeProgress } from '../../../src/ports/environment-runtime.ts';
import { startCluster, type Cluster } from '../../../testbed/cluster/start-cluster.ts';
import { applicationOf, componentIn, namespaceOf, startBadDay, type BadDay } from '../../support/bad-day.ts';
import { BAD_DAY } from '../../support/bad-day-sentences.ts';

let cluster: Cluster;
let day: BadDay;
/** It runs all the time, whatever is down. */
let steady: DesiredEnvironment;

beforeAll(async () => {
  cluster = await startCluster();
  day = await startBadDay(cluster.access);
  steady = day.workload('web');
  await day.untilRunning(steady);
});
afterAll(async () => {
  await day.dispose();
  await cluster.stop();
});

const look = async (wanted: DesiredEnvironment): Promise<RuntimeProgress | null> =>
  (await day.world.runtime.ensure(wanted)).progress;
/** An annotation that makes Argo CD look at once, as somebody who opens its page does. */
const refresh = (wanted: DesiredEnvironment): Promise<unknown> =>
  day.administrator.request(
    'PATCH',
    `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${namespaceOf(wanted)}`,
    { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } },
    'application/merge-patch+json',
  );

describe('while a server is down', () => {
  it("of Argo CD's controller: what runs runs, what is new waits, and goes on afterwards", async () => {
    const controller = cluster.components['argocd-application-controller'];
    await controller.stop();
    const created = day.workload('web');
    await day.untilRead(created, BAD_DAY['Argo CD controller stopped']);
    await sleep(60_000);
    await day.untilRead(created, BAD_DAY['Argo CD controller stopped'], 1_000);
    expect(await look(steady)).toEqual({ step: 'running' });
    await controller.start();
    await day.untilRunning(created);
    await day.untilGone(created);
  });

  it('of its repo-server: what runs runs, what is new says what is wrong, and goes on afterwards', async () => {
    const repoServer = cluster.components['argocd-repo-server'];
    await repoServer.stop();
    const created = day.workload('web');
    try {
      await refresh(steady);
      await day.untilRead(created, BAD_DAY['repo-server stopped']);
      // Beyond what any error may last before it counts.
      await sleep(12_000);
      await day.untilRead(created, BAD_DAY['repo-server stopped'], 1_000);
      const { status } = await day.administrator.get<Application>(applicationOf(steady));
      expect(status?.sync?.status).toBe('Unknown');
      expect(await look(steady)).toEqual({ step: 'running' });
    } finally {
      await repoServer.start();
    }
    await day.untilRunning(created, 90_000);
    await day.untilGone(created);
  });

  it('of Kubernetes, restarted in the middle of a watch: nothing is missed', async () => {
    const server = cluster.components['kube-apiserver'];
    await server.stop();
    await server.start();
    const mended = { ...componentIn(steady, { commit: 'c'.repeat(40) }), revision: 2 };
    await day.untilRunning(mended);
  });

  it('of Kubernetes, with its history gone (410): nothing is missed', async () => {
    await cluster.compactEtcd();
    await cluster.components['kube-apiserver'].stop();
    await cluster.components['kube-apiserver'].start();
    const again = { ...componentIn(steady, { commit: 'd'.repeat(40) }), revision: 3 };
    await day.untilRunning(again);
    await day.untilGone(again);
  });
});
