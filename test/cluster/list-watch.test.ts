import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import type { InformerTiming } from '../../src/adapters/argocd/kubernetes/list-watch.ts';
import { startCluster, type Cluster } from '../../testbed/cluster/start-cluster.ts';
import { openBadNetwork, type BadNetwork } from '../support/bad-network.ts';
import { startFaultyApiServer } from '../support/faulty-api-server.ts';
import { openKubernetes } from '../support/kubernetes.ts';
import { until, viewSecrets, type SecretView } from '../support/secret-view.ts';

let cluster: Cluster;
let direct: KubernetesClient;
let bad: BadNetwork;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  cluster = await startCluster({ only: 'api' });
  const { access } = cluster;
  direct = await openKubernetes(access.kubeconfig);
  bad = await openBadNetwork(access);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  bad.network.acceptance = 'pass';
});
afterAll(async () => {
  await bad.close();
  direct.close();
  await cluster.stop();
});

async function look(client: KubernetesClient, timing?: Partial<InformerTiming>): Promise<SecretView> {
  const view = await viewSecrets(client, direct, timing);
  stops.push(() => view.stop());
  return view;
}

describe('a view', () => {
  it('begins with what is there, and follows what changes', async () => {
    const view = await look(direct);
    const told: string[] = [];
    view.informer.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    await view.write('a');
    await until(() => view.textOf('a') === 'one', 2_000, 'a is seen');
    await view.change('a', 'two');
    await until(() => view.textOf('a') === 'two', 2_000, 'a is seen changed');
    await view.remove('a');
    await until(() => view.informer.size === 0, 2_000, 'a is seen gone');
    expect(told).toEqual(['added a', 'modified a', 'deleted a']);
    expect(view.informer.failure).toBeNull();
  });

  it('keeps of an object what is used, and says what it is', async () => {
    const view = await look(direct);
    await view.write('a');
    await until(() => view.informer.size === 1, 2_000, 'a is seen');
    const [object] = view.informer.values();
    expect(object).toMatchObject({ apiVersion: 'v1', kind: 'Secret' });
    expect(object?.metadata).not.toHaveProperty('managedFields');
    expect(object?.metadata.uid).toMatch(/\S/);
  });

  it('tells nobody who has stopped listening', async () => {
    const view = await look(direct);
    let told = 0;
    const stop = view.informer.onChange(() => (told += 1));
    await view.write('a');
    await until(() => told === 1, 2_000, 'a is told');
    stop();
    await view.write('b');
    await until(() => view.informer.size === 2, 2_000, 'b is seen');
    expect(told).toBe(1);
  });

  it('is confirmed again and again though nothing changes, without being listed again', async () => {
    const faulty = await startFaultyApiServer(cluster.access);
    stops.push(() => faulty.close());
    const client = await openKubernetes(faulty.kubeconfig);
    stops.push(async () => client.close());
    const view = await look(client, { watchSeconds: 2, relistAfterMs: 4_000 });
    let oldest = 0;
    for (const end = performance.now() + 12_000; performance.now() < end; await pause(50)) {
      oldest = Math.max(oldest, view.informer.ageMs, Date.now() - (view.informer.syncedAt ?? 0));
    }
    expect(oldest).toBeLessThan(4_000);
    expect(faulty.requests.filter(({ path }) => !path.includes('watch=true'))).toHaveLength(1);
    expect(faulty.requests.length).toBeGreaterThan(4);
  });

  it('stops at once', async () => {
    await look(direct);
    const begun = performance.now();
    for (const stop of stops.splice(0)) await stop();
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe('on a bad day', () => {
  it('loses nothing when the connection is cut every second', async () => {
    const view = await look(bad.client);
    const seen = new Map<string, string>();
    view.informer.onChange(({ type, object }) => {
      if (type === 'deleted') seen.delete(object.metadata.name);
      else seen.set(object.metadata.name, object.metadata.resourceVersion);
    });
    const cutting = setInterval(() => bad.network.cut(), 1_000);
    stops.push(async () => clearInterval(cutting));
    const before = bad.network.accepted;
    for (let round = 0; round < 60; round += 1) {
      await view.write(`s-${String(round)}`);
      if (round >= 10) await view.change(`s-${String(round - 10)}`, `round ${String(round)}`);
      if (round >= 20) await view.remove(`s-${String(round - 20)}`);
      await pause(150);
    }
    clearInterval(cutting);
    await until(() => view.textOf('s-49') === 'round 59' && view.informer.size === 20, 10_000, 'all is seen');
    await view.expectCurrent();
    // Whoever only listened to the hints knows the same.
    expect([...seen.keys()].sort()).toEqual([...view.informer.values()].map(({ metadata }) => metadata.name).sort());
    expect(bad.network.accepted - before).toBeGreaterThan(8);
  });

  it('notices a connection that has gone silent, and knows until then for how long nothing was heard', async () => {
    const view = await look(bad.client, { watchSeconds: 2, graceMs: 1_000, relistAfterMs: 2_500 });
    await view.write('a');
    await until(() => view.informer.size === 1, 2_000, 'a is seen');
    bad.network.blackhole();
    const heard = view.informer.syncedAt ?? 0;
    await view.change('a', 'two');
    await pause(300);
    expect(view.textOf('a')).toBe('one');
    expect(view.informer.syncedAt).toBe(heard);
    // Longest: 2.4 s of the watch and a second beyond.
    await until(() => view.textOf('a') === 'two', 5_000, 'the change is seen');
    expect(view.log.lines.some(({ fields }) => fields['failure'] === 'timeout')).toBe(true);
  });

  it('is never taken for current while nothing comes through', async () => {
    const view = await look(bad.client, { watchSeconds: 2, graceMs: 500, relistAfterMs: 2_000 });
    await view.write('before');
    await until(() => view.informer.size === 1, 2_000, 'the watch is open');
    bad.network.acceptance = 'hang';
    bad.network.blackhole();
    const since = Date.now();
    await view.write('a');
    await pause(6_000);
    expect(view.informer.size).toBe(1);
    expect(view.informer.syncedAt).toBeLessThanOrEqual(since);
    expect(view.informer.ageMs).toBeGreaterThanOrEqual(6_000);
    expect(view.informer.failure).toMatchObject({ kind: expect.stringMatching(/unavailable|timeout/) });
    bad.network.acceptance = 'pass';
    bad.network.cut();
    await until(() => view.informer.size === 2, 12_000, 'a is seen');
    expect(view.informer.syncedAt).toBeGreaterThan(since);
    await until(() => view.informer.failure === null, 12_000, 'all is well again');
  });

  it('goes on when the API server is restarted', async () => {
    const view = await look(direct);
    await view.write('a');
    await until(() => view.informer.size === 1, 2_000, 'a is seen');
    const apiserver = cluster.components['kube-apiserver'];
    await apiserver.stop('SIGKILL');
    await until(() => view.informer.failure !== null, 5_000, 'the end of the watch is noticed');
    await apiserver.start();
    await view.write('b');
    await view.change('a', 'two');
    await until(() => view.textOf('a') === 'two' && view.informer.size === 2, 20_000, 'all is seen');
    await view.expectCurrent();
  });

  it('lists anew when its history is compacted away, and finds what was deleted meanwhile', async () => {
    const view = await look(bad.client);
    const told: string[] = [];
    await view.write('kept');
    await view.write('lost');
    await until(() => view.informer.size === 2, 2_000, 'both are seen');
    const apiserver = cluster.components['kube-apiserver'];
    bad.network.acceptance = 'refuse';
    bad.network.cut();
    await view.remove('lost');
    await view.change('kept', 'two');
    await view.write('new');
    await cluster.compactEtcd();
    await apiserver.stop();
    await apiserver.start();
    view.informer.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    bad.network.acceptance = 'pass';
    await until(() => view.informer.size === 2 && view.textOf('kept') === 'two', 20_000, 'all is seen');
    await view.expectCurrent();
    expect(told.sort()).toEqual(['added new', 'deleted lost', 'modified kept']);
    expect(view.log.lines.some(({ fields }) => fields['failure'] === 'expired')).toBe(true);
  });
});
