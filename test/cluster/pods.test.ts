import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import { connect, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { appendLog } from '../../testbed/cluster/stage-hand/container-log.ts';
import { createNamespace, forwardPort, kubectl, pod, startKubectl, until } from '../support/cluster-tools.ts';
import { pushImage } from '../support/push-image.ts';

const access = inject('cluster');
let client: KubernetesClient;
let namespace: string;

beforeAll(async () => {
  client = await connect(access.kubeconfig);
  namespace = await createNamespace(client, 'pods');
});

afterAll(async () => {
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  client.close();
});

interface State {
  waiting?: { reason: string; message?: string };
  running?: object;
  terminated?: { exitCode: number; reason: string };
}
interface PodRead {
  status?: {
    phase?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: {
      ready: boolean;
      restartCount: number;
      imageID: string;
      state: State;
      lastState?: State;
    }[];
  };
}

const read = (name: string): Promise<PodRead> =>
  client.get<PodRead>({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } });

/** Resolves with the first container of the Pod when it is as wanted. */
async function untilContainer(
  name: string,
  what: string,
  wanted: (state: State, ready: boolean) => boolean,
): Promise<NonNullable<NonNullable<PodRead['status']>['containerStatuses']>[number]> {
  return until(async () => {
    const container = (await read(name)).status?.containerStatuses?.[0];
    return container !== undefined && wanted(container.state, container.ready) && container;
  }, `${name}: ${what}`);
}

const untilReady = (name: string) => untilContainer(name, 'ready', (_, ready) => ready);

async function warnings(name: string): Promise<string[]> {
  const { items } = await client.request<{
    items: { involvedObject: { name: string }; reason: string; message: string }[];
  }>('GET', `/api/v1/namespaces/${namespace}/events`);
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);
}

describe('logs and ports of a Pod', () => {
  it('follows the log of each Pod by itself, to its end', async () => {
    await client.apply(pod(namespace, 'log-one', 'example.com/one:1'));
    await client.apply(pod(namespace, 'log-two', 'example.com/two:1'));
    await Promise.all([untilReady('log-one'), untilReady('log-two')]);
    const following = startKubectl(access, '-n', namespace, 'logs', '-f', 'log-one');
    expect(await following.nextLine()).toMatch(/^Started example\.com\/one:1 \(sha256:/);
    appendLog(access.podLogs, { namespace, pod: 'log-two', container: 'web' }, 'of the other');
    appendLog(access.podLogs, { namespace, pod: 'log-one', container: 'web' }, 'said later');
    expect(await following.nextLine()).toBe('said later');
    expect(await kubectl(access, '-n', namespace, 'logs', 'log-two', '--tail=1')).toBe('of the other\n');

    appendLog(access.podLogs, { namespace, pod: 'log-one', container: 'web' }, 'the last');
    await client.delete({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'log-one', namespace } });
    expect(await following.nextLine()).toBe('the last');
    expect(await following.nextLine()).toBeUndefined();
    await following.end();
  });

  it('reaches by port-forward the application of this Pod, with its image, digest and environment', async () => {
    const digest = await pushImage(access.registry, 'acme/forwarded:1', 'forwarded');
    const image = `${access.registry}/acme/forwarded:1`;
    const env = [
      { name: 'GREETING', value: 'hello' },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'forwarded', key: 'password' } } },
      { name: 'URL', value: 'postgres://web:$(PASSWORD)@db' },
    ];
    const containers = [{ name: 'web', image, env, ports: [{ containerPort: 8080 }] }];
    await client.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'forwarded', namespace },
      stringData: { password: 'sesame' },
    });
    await client.apply(pod(namespace, 'forwarded', image, {}, { containers }));
    await client.apply(pod(namespace, 'not-forwarded', 'example.com/other:1'));
    const { imageID } = await untilReady('forwarded');
    expect(imageID).toBe(`${access.registry}/acme/forwarded@${digest}`);

    const way = await forwardPort(access, namespace, 'forwarded', 8080);
    try {
      expect(await (await fetch(`${way.url}/__stub?a=b`)).json()).toMatchObject({
        image,
        digest,
        pod: 'forwarded',
        url: '/__stub?a=b',
        env: { GREETING: 'hello', PASSWORD: 'sesame', URL: 'postgres://web:sesame@db' },
      });
      const page = await (await fetch(way.url)).text();
      expect(page).toContain(digest);
      const sent = { method: 'POST', body: 'x'.repeat(200_000) };
      expect(await (await fetch(`${way.url}/__stub/echo`, sent)).text()).toBe(sent.body);
      expect(await kubectl(access, '-n', namespace, 'logs', 'forwarded', '--tail=1')).toBe('POST /__stub/echo 200\n');
    } finally {
      await way.end();
    }
  });

  it('carries WebSockets, and streams piece by piece', async () => {
    await client.apply(pod(namespace, 'streaming', 'example.com/streaming:1'));
    await untilReady('streaming');
    const way = await forwardPort(access, namespace, 'streaming', 8080);
    try {
      const socket = new WebSocket(`${way.url.replace('http', 'ws')}/socket`);
      const echoed = new Promise((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())));
      socket.once('open', () => socket.send('ping'));
      expect(await echoed).toBe('ping');
      socket.terminate();

      const { body } = await fetch(`${way.url}/__stub/slow?chunks=3&interval_ms=300`);
      const reader = body?.getReader();
      const first = await reader?.read();
      expect(new TextDecoder().decode(first?.value)).toBe('chunk 1 of 3\n');
      await reader?.cancel();
    } finally {
      await way.end();
    }
  });
});

describe('how Pods can be told to behave', () => {
  const create = (name: string, image: string, annotations: Record<string, string> = {}, spec: object = {}) =>
    client.apply(pod(namespace, name, image, { annotations }, spec));
  const waits = (reason: string) => (state: State) => state.waiting?.reason === reason;

  it('image-missing: ErrImagePull, then ImagePullBackOff', async () => {
    await create('image-missing', 'example.com/image-missing:1');
    const { state } = await untilContainer('image-missing', 'back-off', waits('ImagePullBackOff'));
    expect(state.waiting?.message).toContain('example.com/image-missing:1: not found');
    expect((await read('image-missing')).status?.phase).toBe('Pending');
    expect((await warnings('image-missing')).join()).toContain('Failed to pull image');
  });

  it('pull-forbidden: ErrImagePull with what the registry said', async () => {
    await create('pull-forbidden', 'example.com/web:1', { 'testbed.blueberry/behaviour': 'pull-forbidden' });
    const { state } = await untilContainer('pull-forbidden', 'refused', waits('ErrImagePull'));
    expect(state.waiting?.message).toContain('403 Forbidden');
  });

  it('crash-loop: CrashLoopBackOff with exit code, last line and what it logged before', async () => {
    const annotations = { 'testbed.blueberry/exit-code': '3', 'testbed.blueberry/last-line': 'Error: no database' };
    await create('crash-loop', 'example.com/crash-loop:1', annotations);
    const { lastState, restartCount } = await untilContainer('crash-loop', 'crashed', waits('CrashLoopBackOff'));
    expect(lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(restartCount).toBeGreaterThan(0);
    expect((await read('crash-loop')).status?.phase).toBe('Running');
    expect(await kubectl(access, '-n', namespace, 'logs', 'crash-loop', '--tail=1')).toBe('Error: no database\n');
    await until(
      () => kubectl(access, '-n', namespace, 'logs', 'crash-loop', '--previous', '--tail=1').catch(() => undefined),
      'the log of the container before',
    );
  });

  it('out-of-memory: OOMKilled with 137', async () => {
    await create('oom', 'example.com/web-out-of-memory:1');
    const { lastState } = await untilContainer('oom', 'killed', waits('CrashLoopBackOff'));
    expect(lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('never-ready: runs, is not ready, and answers 503', async () => {
    await create('never-ready', 'example.com/never-ready:1');
    const { ready } = await untilContainer('never-ready', 'running', (state) => state.running !== undefined);
    expect(ready).toBe(false);
    await until(async () => (await warnings('never-ready')).join().includes('Readiness probe failed'), 'a warning');
    const way = await forwardPort(access, namespace, 'never-ready', 8080);
    expect((await fetch(way.url)).status).toBe(503);
    await way.end();
  });

  it('slow-start: runs first, and is ready later', async () => {
    await create('slow-start', 'example.com/slow-start:1', { 'testbed.blueberry/delay-seconds': '1.5' });
    const { ready } = await untilContainer('slow-start', 'running', (state) => state.running !== undefined);
    expect(ready).toBe(false);
    await untilReady('slow-start');
  });

  it('starts when the image is pushed at last, and counts as there once it was pulled', async () => {
    const image = `${access.registry}/acme/late:1`;
    await create('late', image);
    const { state } = await untilContainer('late', 'back-off', waits('ImagePullBackOff'));
    expect(state.waiting?.message).toContain('acme/late:1: not found');
    const digest = await pushImage(access.registry, 'acme/late:1', 'late');
    expect((await untilReady('late')).imageID).toBe(`${access.registry}/acme/late@${digest}`);
    await create('pinned', `${access.registry}/acme/late@${digest}`);
    expect((await untilReady('pinned')).imageID).toBe(`${access.registry}/acme/late@${digest}`);
  });

  it('waits for a Secret that is not there', async () => {
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'absent', key: 'key' } } }];
    const image = 'example.com/web:1';
    await create('no-secret', image, {}, { containers: [{ name: 'web', image, env }] });
    const { state } = await untilContainer('no-secret', 'refused', waits('CreateContainerConfigError'));
    expect(state.waiting?.message).toBe('secret "absent" not found');
  });

  it('changes its behaviour while it runs, when its annotation does', async () => {
    await create('turns', 'example.com/web:1');
    await untilReady('turns');
    await kubectl(access, '-n', namespace, 'annotate', 'pod', 'turns', 'testbed.blueberry/behaviour=crash-loop');
    await untilContainer('turns', 'crashed', waits('CrashLoopBackOff'));
    await kubectl(access, '-n', namespace, 'annotate', 'pod', 'turns', 'testbed.blueberry/behaviour-');
    await untilReady('turns');
  });

  it('stays pending where no node has room', async () => {
    const resources = { requests: { cpu: '2k' } };
    const image = 'example.com/web:1';
    await create('too-big', image, {}, { containers: [{ name: 'web', image, resources }] });
    await until(async () => {
      const { status } = await read('too-big');
      return status?.conditions?.some(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
    }, 'unschedulable');
  });
});

describe('Jobs', () => {
  const job = (name: string, image: string, backoffLimit = 0) =>
    client.apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace },
      spec: { backoffLimit, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image }] } } },
    });
  const conditions = async (name: string): Promise<string[]> => {
    const address = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace } };
    const { status } = await client.get<{ status?: { conditions?: { type: string; status: string }[] } }>(address);
    return (status?.conditions ?? []).filter((one) => one.status === 'True').map(({ type }) => type);
  };

  it('complete by themselves', async () => {
    await job('completes', 'example.com/seed:1');
    await until(async () => (await conditions('completes')).includes('Complete'), 'Complete');
  });

  it('job-fails: fail', async () => {
    await job('fails', 'example.com/job-fails:1');
    await until(async () => (await conditions('fails')).includes('Failed'), 'Failed');
    expect(await kubectl(access, '-n', namespace, 'logs', 'job/fails')).toContain('Error: DATABASE_URL is not set');
  });

  it('job-hangs: run on and on', async () => {
    await job('hangs', 'example.com/job-hangs:1');
    await until(
      async () => (await kubectl(access, '-n', namespace, 'get', 'pods', '-l', 'job-name=hangs')).includes('Running'),
      'Running',
    );
    await sleep(1000);
    expect(await conditions('hangs')).toEqual([]);
  });
});
