import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { createInformer } from '../../src/adapters/argocd/kubernetes/list-watch.ts';
import { namespaces, secrets } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { startFaultyApiServer, type Fault, type FaultyApiServer } from '../support/faulty-api-server.ts';
import { openKubernetes } from '../support/kubernetes.ts';
import { recordingLog } from '../support/recording-log.ts';
import { until, viewSecrets, type SecretView } from '../support/secret-view.ts';

let direct: KubernetesClient;
let faulty: FaultyApiServer;
let client: KubernetesClient;
const views: SecretView[] = [];
beforeAll(async () => {
  const cluster = inject('cluster');
  direct = await openKubernetes(cluster.kubeconfig);
  faulty = await startFaultyApiServer(cluster);
  client = await openKubernetes(faulty.kubeconfig);
});
afterEach(async () => {
  faulty.faultFor = () => undefined;
  for (const view of views.splice(0)) await view.stop();
});
afterAll(async () => {
  client.close();
  direct.close();
  await faulty.close();
});

const isWatch = ({ path }: { readonly path: string }): boolean => path.includes('watch=true');
const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
const bookmark = { type: 'BOOKMARK', object: { kind: 'Secret', metadata: { resourceVersion: '1' } } };
const inStream = (event: object): Fault => ({ status: 200, body: `${JSON.stringify(event)}\n` });

describe('a view whose watch is refused three times', () => {
  /** With whether the view has to be listed anew. */
  const faults: readonly (readonly [string, Fault, boolean])[] = [
    ['410 as an answer', { status: 410, body: gone }, true],
    ['410 in the stream', inStream({ type: 'ERROR', object: gone }), true],
    ['an older version than it has told', inStream(bookmark), true],
    ['500 as an answer', { status: 500, body: 'oh' }, false],
    ['429 as an answer', { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' }, false],
    ['500 in the stream', inStream({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'oh' } }), false],
    ['half an event', { status: 200, body: '{"type":"ADDED","obj' }, false],
    ['an end at once', { status: 200, body: '' }, false],
    ['what is no event', { status: 200, body: '<html>Sign in</html>\n' }, false],
  ];
  it.each(faults)('with %s: misses nothing', async (_, fault, isListed) => {
    const view = await viewSecrets(client, direct);
    views.push(view);
    await view.write('a');
    await until(() => view.informer.size === 1, 5_000, 'a is seen');
    const begun = faulty.requests.length;
    let left = 3;
    faulty.faultFor = (request) => (isWatch(request) && (left -= 1) >= 0 ? fault : undefined);
    faulty.breakStreams();
    await view.change('a', 'two');
    await view.remove('a');
    await view.write('b', 'three');
    await until(() => left < 0, 20_000, 'the fault is over');
    await until(() => view.textOf('b') === 'three' && view.informer.size === 1, 10_000, 'all is seen');
    await view.expectCurrent();

    const asked = faulty.requests.slice(begun);
    expect(asked.some((request) => !isWatch(request))).toBe(isListed);
    const watches = asked.filter(isWatch).map(({ at }) => at);
    const gaps = watches.slice(1).map((at, index) => at - (watches[index] ?? 0));
    expect(gaps.length).toBeLessThanOrEqual(4);
    expect(Math.min(...gaps.slice(0, 3))).toBeGreaterThan(100);
  });
});

it('a list whose pages expire on the way is begun again', async () => {
  let left = 2;
  faulty.faultFor = () => ((left -= 1) >= 0 ? { status: 410, body: gone } : undefined);
  expect((await client.list(namespaces)).items.length).toBeGreaterThan(2);
  expect(left).toBe(-1);
});

it('a view without the right to look says so for as long as that is so, and never that it knows', async () => {
  faulty.faultFor = () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'not you' } });
  const log = recordingLog();
  const informer = createInformer({ client, resource: secrets, namespace: 'default', clock: createSystemClock(), log });
  const end = new AbortController();
  const running = informer.run(end.signal);
  const waiting = expect(informer.synced(end.signal)).rejects.toMatchObject({ name: 'AbortError' });
  await until(() => informer.failure?.kind === 'forbidden', 5_000, 'the refusal is known');
  expect(informer.syncedAt).toBeNull();
  expect(informer.ageMs).toBe(Infinity);
  expect(log.lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('not you') });
  end.abort();
  await Promise.all([running, waiting]);
});
