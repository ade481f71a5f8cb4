import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { createNamespace, forwardPort, kubectl, pod, until } from '../support/cluster-tools.ts';
import { observePods, type PodObserver } from '../support/pod-observer.ts';

const access = inject('cluster');
let client: KubernetesClient;
let namespace: string;
let pods: PodObserver;

const image = (name: string): string => `registry.example.com/contract/${name}@sha256:${'c'.repeat(64)}`;
const logOf = (name: string): Promise<string> => kubectl(access, '-n', namespace, 'logs', name);

function create(name: string, application: string, container: object = {}): Promise<unknown> {
  const ports = [{ name: 'http', containerPort: 8080 }];
  const containers = [{ name: 'web', image: image(application), ports, ...container }];
  return client.apply(pod(namespace, name, '', {}, { containers }));
}

/** Resolves with the first event of the Pod that has this text. */
async function untilEvent(name: string, text: string): Promise<string> {
  return until(async () => (await pods.events(name)).find((event) => event.includes(text)), `${name}: ${text}`);
}

beforeAll(async () => {
  client = await connect(access.kubeconfig);
  namespace = await createNamespace(client, 'contract-applications');
  pods = observePods(client, namespace);
});

afterAll(async () => {
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  client.close();
});

describe('the applications of the contract suite', () => {
  it('serving: answers with its mark, its variables and its start, and logs what it is told to', async () => {
    await create('serving', 'serving/one', { env: [{ name: 'GREETING', value: 'good "morning"' }] });
    await create('sibling', 'serving/two');
    await pods.untilReady('serving');
    await pods.untilReady('sibling');
    const one = await forwardPort(access, namespace, 'serving', 8080);
    const two = await forwardPort(access, namespace, 'sibling', 8080);
    try {
      const ask = async (path: string, { url } = one): Promise<string> => (await fetch(`${url}${path}`)).text();
      expect([await ask('/'), await ask('/', two)]).toEqual(['one', 'two']);
      expect(await ask('/instance')).toBe(await ask('/instance'));
      expect(await ask('/instance', two)).not.toBe(await ask('/instance'));
      const before = performance.now();
      expect(await ask('/slow')).toBe('one');
      expect(performance.now() - before).toBeGreaterThanOrEqual(299);
      expect(await ask('/env/GREETING')).toBe('good "morning"');
      expect((await fetch(`${one.url}/env/ABSENT`)).status).toBe(404);
      await ask(`/print/${encodeURIComponent('  ünïcödé 🫐')}`);
      const lines = (await logOf('serving')).split('\n');
      expect(lines).toEqual([expect.stringMatching(/^Started /), 'serving one', '  ünïcödé 🫐', '']);
    } finally {
      await one.end();
      await two.end();
    }
  });

  it('crashing: says by whom it is broken, and ends with 3', async () => {
    await create('crashing', 'crashing/one');
    const { lastState } = await pods.untilContainer(
      'crashing',
      'crashed',
      ({ waiting }) => waiting?.reason === 'CrashLoopBackOff',
    );
    expect(lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    await until(async () => (await logOf('crashing').catch(() => '')).includes('Broken by one\n'), 'the last line');
  });

  it('missing-command: never starts, and names the command', async () => {
    await create('missing', 'missing-command/one', { command: ['serve-it'] });
    const { state } = await pods.untilContainer(
      'missing',
      'refused',
      ({ waiting }) => waiting?.reason === 'RunContainerError',
    );
    expect(state.waiting?.message).toContain('exec: "serve-it": executable file not found in $PATH');
    const { lastState } = await pods.untilContainer(
      'missing',
      'in back-off',
      ({ waiting }) => waiting?.reason === 'CrashLoopBackOff',
    );
    expect(lastState?.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
    await untilEvent('missing', 'Failed: Error: failed to create containerd task');
  });

  const byHttp = { readinessProbe: { httpGet: { path: '/healthz', port: 'http' } } };

  it('not-listening: runs, and its probe is refused', async () => {
    await create('deaf', 'not-listening/one', byHttp);
    expect(await untilEvent('deaf', 'Readiness probe failed')).toMatch(
      /^Unhealthy: Readiness probe failed: Get "http:\/\/10[.\d]+:8080\/healthz": dial tcp 10[.\d]+:8080: connect: connection refused$/,
    );
    const { ready, state } = await pods.untilContainer('deaf', 'running', ({ running }) => running !== undefined);
    expect([ready, state.running === undefined]).toEqual([false, false]);
    const way = await forwardPort(access, namespace, 'deaf', 8080);
    await expect(fetch(way.url)).rejects.toThrow();
    await way.end();
  });

  it('unhealthy: answers 500, which a probe by HTTP takes for a failure and one by TCP does not', async () => {
    const startupProbe = { ...byHttp.readinessProbe, periodSeconds: 1, failureThreshold: 2 };
    await create('sick', 'unhealthy/one', { ...byHttp, startupProbe });
    expect(await untilEvent('sick', 'probe failed')).toBe(
      'Unhealthy: Startup probe failed: HTTP probe failed with statuscode: 500',
    );
    const { ready } = await pods.untilContainer('sick', 'running', ({ running }) => running !== undefined);
    expect(ready).toBe(false);
    const way = await forwardPort(access, namespace, 'sick', 8080);
    expect((await fetch(way.url)).status).toBe(500);
    await way.end();
    const { lastState } = await pods.untilContainer(
      'sick',
      'ended',
      ({ waiting }) => waiting?.reason === 'CrashLoopBackOff',
    );
    expect(lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    await untilEvent('sick', 'Killing: Container web failed startup probe, will be restarted');

    await create('reachable', 'unhealthy/one', { readinessProbe: { tcpSocket: { port: 'http' } } });
    await pods.untilReady('reachable');
  });
});
