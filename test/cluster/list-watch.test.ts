import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { createInformer, type Informer, type InformerTiming } from '../../src/adapters/argocd/kubernetes/list-watch.ts';
import type { Secret } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { secrets } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { startCluster, type Cluster } from '../../testbed/cluster/start-cluster.ts';
import { startFaultyApiServer, type Fault, type FaultyApiServer } from '../support/faulty-api-server.ts';
import { certificateUser, writeKubeconfig } from '../support/kubeconfig.ts';
import { makeNamespace, openKubernetes, sampleSecret, type TestNamespace } from '../support/kubernetes.ts';
import { recordingLog } from '../support/recording-log.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

let cluster: Cluster;
let direct: KubernetesClient;
let network: TcpProxy;
let throughNetwork: KubernetesClient;
let namespace: TestNamespace;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  cluster = await startCluster({ only: 'api' });
  const { access } = cluster;
  direct = await openKubernetes(access.kubeconfig);
  network = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(access.server).port) });
  const kubeconfig = join(access.gitFolder, 'through-network.kubeconfig');
  const server = `https://127.0.0.1:${String(network.port)}`;
  const { certificateAuthority, admin } = access;
  await writeKubeconfig(kubeconfig, { server, certificateAuthority, user: certificateUser(admin) });
  throughNetwork = await openKubernetes(kubeconfig);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  network.acceptance = 'pass';
});
afterAll(async () => {
  throughNetwork.close();
  direct.close();
  await network.close();
  await cluster.stop();
});

const log = recordingLog();

/** A view of the Secrets of a namespace of its own, that is kept until the end of the test. */
async function view(client: KubernetesClient, timing?: Partial<InformerTiming>): Promise<Informer<Secret>> {
  namespace = await makeNamespace(direct);
  const informer = createInformer({
    client,
    resource: secrets,
    namespace: namespace.name,
    clock: createSystemClock(),
    log,
    ...(timing ? { timing } : {}),
  });
  const end = new AbortController();
  const running = informer.run(end.signal);
  stops.push(async () => {
    end.abort();
    await running;
  });
  await informer.synced();
  return informer;
}

function textOf(informer: Informer<Secret>, name: string): string | undefined {
  const text = informer.get({ namespace: namespace.name, name })?.data?.['text'];
  return text === undefined ? undefined : atob(text);
}

async function write(name: string, text = 'one'): Promise<void> {
  await direct.create(secrets, sampleSecret(namespace.name, name, text));
}

async function change(name: string, text: string): Promise<void> {
  await direct.patchJson(secrets, { namespace: namespace.name, name }, [
    { op: 'replace', path: '/data', value: { text: btoa(text) } },
  ]);
}

async function remove(name: string): Promise<void> {
  const ref = { namespace: namespace.name, name };
  await direct.delete(secrets, ref, { uid: (await direct.get(secrets, ref)).metadata.uid });
}

/** Resolves with the milliseconds that it took. */
async function until(condition: () => boolean, withinMs: number, what: string): Promise<number> {
  const begun = performance.now();
  for (; !condition(); await pause(10)) {
    if (performance.now() - begun > withinMs) throw new Error(`Not within ${String(withinMs)} ms: ${what}`);
  }
  return performance.now() - begun;
}

/** Whether the view holds exactly what the API server has. */
async function expectCurrent(informer: Informer<Secret>): Promise<void> {
  const { items } = await direct.list(secrets, { namespace: namespace.name });
  const versions = (objects: Iterable<Secret>): string[] =>
    [...objects].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
  expect(versions(informer.values())).toEqual(versions(items));
}

describe('a view', () => {
  it('begins with what is there, and follows what changes', async () => {
    const informer = await view(direct);
    const told: string[] = [];
    informer.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    await write('a');
    await until(() => textOf(informer, 'a') === 'one', 2_000, 'a is seen');
    await change('a', 'two');
    await until(() => textOf(informer, 'a') === 'two', 2_000, 'a is seen changed');
    await remove('a');
    await until(() => informer.size === 0, 2_000, 'a is seen gone');
    expect(told).toEqual(['added a', 'modified a', 'deleted a']);
    expect(informer.failure).toBeNull();
  });

  it('keeps of an object what is used, and says what it is', async () => {
    const informer = await view(direct);
    await write('a');
    await until(() => informer.size === 1, 2_000, 'a is seen');
    const [object] = informer.values();
    expect(object).toMatchObject({ apiVersion: 'v1', kind: 'Secret' });
    expect(object?.metadata).not.toHaveProperty('managedFields');
    expect(object?.metadata.uid).toMatch(/\S/);
  });

  it('tells nobody who has stopped listening', async () => {
    const informer = await view(direct);
    let told = 0;
    const stop = informer.onChange(() => (told += 1));
    await write('a');
    await until(() => told === 1, 2_000, 'a is told');
    stop();
    await write('b');
    await until(() => informer.size === 2, 2_000, 'b is seen');
    expect(told).toBe(1);
  });

  it('is confirmed again and again though nothing changes, without being listed again', async () => {
    const faulty = await startFaultyApiServer(cluster.access);
    stops.push(() => faulty.close());
    const client = await openKubernetes(faulty.kubeconfig);
    stops.push(async () => client.close());
    const informer = await view(client, { watchSeconds: 2, relistAfterMs: 4_000 });
    let oldest = 0;
    for (const end = performance.now() + 12_000; performance.now() < end; await pause(50)) {
      oldest = Math.max(oldest, Date.now() - (informer.syncedAt ?? 0));
    }
    expect(oldest).toBeLessThan(4_000);
    expect(faulty.requests.filter(({ path }) => !path.includes('watch=true'))).toHaveLength(1);
    expect(faulty.requests.length).toBeGreaterThan(4);
  });

  it('stops at once', async () => {
    await view(direct);
    const begun = performance.now();
    for (const stop of stops.splice(0)) await stop();
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe('on a bad day', () => {
  it('loses nothing when the connection is cut every second', async () => {
    const informer = await view(throughNetwork);
    const seen = new Map<string, string>();
    informer.onChange(({ type, object }) => {
      if (type === 'deleted') seen.delete(object.metadata.name);
      else seen.set(object.metadata.name, object.metadata.resourceVersion);
    });
    const cutting = setInterval(() => network.cut(), 1_000);
    stops.push(async () => clearInterval(cutting));
    const before = network.accepted;
    for (let round = 0; round < 60; round += 1) {
      await write(`s-${String(round)}`);
      if (round >= 10) await change(`s-${String(round - 10)}`, `round ${String(round)}`);
      if (round >= 20) await remove(`s-${String(round - 20)}`);
      await pause(150);
    }
    clearInterval(cutting);
    await until(() => textOf(informer, 's-49') === 'round 59' && informer.size === 20, 10_000, 'all is seen');
    await expectCurrent(informer);
    // Whoever only listened to the hints knows the same.
    expect([...seen.keys()].sort()).toEqual([...informer.values()].map(({ metadata }) => metadata.name).sort());
    expect(network.accepted - before).toBeGreaterThan(8);
  });

  it('notices a connection that has gone silent, and knows until then for how long nothing was heard', async () => {
    const informer = await view(throughNetwork, { watchSeconds: 2, graceMs: 1_000, relistAfterMs: 2_500 });
    await write('a');
    await until(() => informer.size === 1, 2_000, 'a is seen');
    network.blackhole();
    const heard = informer.syncedAt ?? 0;
    await change('a', 'two');
    await pause(300);
    expect(textOf(informer, 'a')).toBe('one');
    expect(informer.syncedAt).toBe(heard);
    // Longest: 2.4 s of the watch and a second beyond.
    await until(() => textOf(informer, 'a') === 'two', 5_000, 'the change is seen');
    expect(log.lines.some(({ fields }) => fields['failure'] === 'timeout')).toBe(true);
  });

  it('is never taken for current while nothing comes through', async () => {
    const informer = await view(throughNetwork, { watchSeconds: 2, graceMs: 500, relistAfterMs: 2_000 });
    await write('before');
    await until(() => informer.size === 1, 2_000, 'the watch is open');
    network.acceptance = 'hang';
    network.blackhole();
    const since = Date.now();
    await write('a');
    await pause(6_000);
    expect(informer.size).toBe(1);
    expect(informer.syncedAt).toBeLessThanOrEqual(since);
    expect(informer.failure).toMatchObject({ kind: expect.stringMatching(/unavailable|timeout/) });
    network.acceptance = 'pass';
    network.cut();
    await until(() => informer.size === 2, 12_000, 'a is seen');
    expect(informer.syncedAt).toBeGreaterThan(since);
    await until(() => informer.failure === null, 12_000, 'all is well again');
  });

  it('goes on when the API server is restarted', async () => {
    const informer = await view(direct);
    await write('a');
    await until(() => informer.size === 1, 2_000, 'a is seen');
    const apiserver = cluster.components['kube-apiserver'];
    await apiserver.stop('SIGKILL');
    await until(() => informer.failure !== null, 5_000, 'the end of the watch is noticed');
    await apiserver.start();
    await write('b');
    await change('a', 'two');
    await until(() => textOf(informer, 'a') === 'two' && informer.size === 2, 20_000, 'all is seen');
    await expectCurrent(informer);
  });

  it('lists anew when its history is compacted away, and finds what was deleted meanwhile', async () => {
    const informer = await view(throughNetwork);
    const told: string[] = [];
    await write('kept');
    await write('lost');
    await until(() => informer.size === 2, 2_000, 'both are seen');
    const apiserver = cluster.components['kube-apiserver'];
    network.acceptance = 'refuse';
    network.cut();
    await remove('lost');
    await change('kept', 'two');
    await write('new');
    await cluster.compactEtcd();
    await apiserver.stop();
    await apiserver.start();
    informer.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    network.acceptance = 'pass';
    await until(() => informer.size === 2 && textOf(informer, 'kept') === 'two', 20_000, 'all is seen');
    await expectCurrent(informer);
    expect(told.sort()).toEqual(['added new', 'deleted lost', 'modified kept']);
    expect(log.lines.some(({ fields }) => fields['failure'] === 'expired')).toBe(true);
  });
});

describe('when the API server refuses to go on', () => {
  let faulty: FaultyApiServer;
  let client: KubernetesClient;
  beforeAll(async () => {
    faulty = await startFaultyApiServer(cluster.access);
    client = await openKubernetes(faulty.kubeconfig);
  });
  afterAll(async () => {
    client.close();
    await faulty.close();
  });
  afterEach(() => {
    faulty.faultFor = () => undefined;
  });

  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  const inStream = (object: object): Fault => ({ status: 200, body: `${JSON.stringify({ type: 'ERROR', object })}\n` });
  const bookmark = { type: 'BOOKMARK', object: { kind: 'Secret', metadata: { resourceVersion: '1' } } };
  const faults: readonly (readonly [string, Fault, boolean])[] = [
    ['410 as an answer', { status: 410, body: gone }, true],
    ['410 in the stream', inStream(gone), true],
    ['an older version than it has told', { status: 200, body: `${JSON.stringify(bookmark)}\n` }, true],
    ['500 as an answer', { status: 500, body: 'oh' }, false],
    ['429 as an answer', { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' }, false],
    ['500 in the stream', inStream({ kind: 'Status', code: 500, message: 'etcd is away' }), false],
    ['half an event', { status: 200, body: '{"type":"ADDED","obj' }, false],
    ['an end at once', { status: 200, body: '' }, false],
    ['what is no event', { status: 200, body: '<html>Sign in</html>\n' }, false],
  ];
  it.each(faults)('%s: all is seen', async (_, fault, isListed) => {
    const informer = await view(client);
    await write('a');
    await until(() => informer.size === 1, 2_000, 'a is seen');
    const begun = faulty.requests.length;
    let left = 3;
    faulty.faultFor = ({ path }) => (path.includes('watch=true') && (left -= 1) >= 0 ? fault : undefined);
    // The watch that is open is ended, and what follows meets the fault.
    const restarted = until(() => left < 0, 20_000, 'the fault is over');
    faulty.breakStreams();
    await change('a', 'two');
    await remove('a');
    await write('b', 'three');
    await restarted;
    await until(() => textOf(informer, 'b') === 'three' && informer.size === 1, 10_000, 'all is seen');
    await expectCurrent(informer);
    const asked = faulty.requests.slice(begun);
    const lists = asked.filter(({ path }) => !path.includes('watch=true'));
    expect(lists.length > 0).toBe(isListed);
    // Four watches, each later than the one before by some backoff.
    const watches = asked.filter(({ path }) => path.includes('watch=true')).map(({ at }) => at);
    expect(watches.length).toBeLessThanOrEqual(5);
    const gaps = watches.slice(1).map((at, index) => at - (watches[index] ?? 0));
    expect(Math.min(...gaps.slice(0, 3))).toBeGreaterThan(100);
  });

  it('lists with pages that expire on the way', async () => {
    const informer = await view(client);
    let left = 2;
    faulty.faultFor = ({ path }) =>
      !path.includes('watch=true') && (left -= 1) >= 0 ? { status: 410, body: gone } : undefined;
    expect((await client.list(secrets, { namespace: namespace.name })).items).toEqual([]);
    expect(informer.size).toBe(0);
  });

  it('says so as long as it has no right to look', async () => {
    faulty.faultFor = () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'not you' } });
    namespace = await makeNamespace(direct);
    const informer = createInformer({
      client,
      resource: secrets,
      namespace: namespace.name,
      clock: createSystemClock(),
      log,
    });
    const end = new AbortController();
    const running = informer.run(end.signal);
    const waiting = expect(informer.synced(end.signal)).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => informer.failure?.kind === 'forbidden', 3_000, 'the refusal is known');
    expect(informer.syncedAt).toBeNull();
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('not you') });
    end.abort();
    await Promise.all([running, waiting]);
  });
});
