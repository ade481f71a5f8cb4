import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { createNamespace, forwardPort, kubectl, pod, until } from '../support/cluster-tools.ts';
import { type ContainerStateRead, observePods, type PodObserver } from '../support/pod-observer.ts';
import { pushImage } from '../support/push-image.ts';

const access = inject('cluster');
let client: KubernetesClient;
let namespace: string;
let pods: PodObserver;

beforeAll(async () => {
  client = await connect(access.kubeconfig);
  namespace = await createNamespace(client, 'pod-behaviours');
  pods = observePods(client, namespace);
});

afterAll(async () => {
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  client.close();
});

describe('how Pods can be told to behave', () => {
  const create = (name: string, image: string, annotations: Record<string, string> = {}, spec: object = {}) =>
    client.apply(pod(namespace, name, image, { annotations }, spec));
  const waits = (reason: string) => (state: ContainerStateRead) => state.waiting?.reason === reason;

  it('image-missing: ErrImagePull, then ImagePullBackOff', async () => {
    await create('image-missing', 'example.com/image-missing:1');
    const { state } = await pods.untilContainer('image-missing', 'back-off', waits('ImagePullBackOff'));
    expect(state.waiting?.message).toContain('example.com/image-missing:1: not found');
    expect((await pods.read('image-missing')).status?.phase).toBe('Pending');
    expect((await pods.events('image-missing')).join()).toContain('Failed to pull image');
  });

  it('pull-forbidden: ErrImagePull with what the registry said', async () => {
    await create('pull-forbidden', 'example.com/web:1', { 'testbed.blueberry/behaviour': 'pull-forbidden' });
    const { state } = await pods.untilContainer('pull-forbidden', 'refused', waits('ErrImagePull'));
    expect(state.waiting?.message).toContain('403 Forbidden');
  });

  it('crash-loop: CrashLoopBackOff with exit code, last line and what it logged before', async () => {
    const annotations = { 'testbed.blueberry/exit-code': '3', 'testbed.blueberry/last-line': 'Error: no database' };
    await create('crash-loop', 'example.com/crash-loop:1', annotations);
    const { lastState, restartCount } = await pods.untilContainer('crash-loop', 'crashed', waits('CrashLoopBackOff'));
    expect(lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(restartCount).toBeGreaterThan(0);
    expect((await pods.read('crash-loop')).status?.phase).toBe('Running');
    expect(await kubectl(access, '-n', namespace, 'logs', 'crash-loop', '--tail=1')).toBe('Error: no database\n');
    await until(
      () => kubectl(access, '-n', namespace, 'logs', 'crash-loop', '--previous', '--tail=1').catch(() => undefined),
      'the log of the container before',
    );
  });

  it('out-of-memory: OOMKilled with 137', async () => {
    await create('oom', 'example.com/web-out-of-memory:1');
    const { lastState } = await pods.untilContainer('oom', 'killed', waits('CrashLoopBackOff'));
    expect(lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('never-ready: runs, is not ready, and answers 503', async () => {
    await create('never-ready', 'example.com/never-ready:1');
    const { ready } = await pods.untilContainer('never-ready', 'running', (state) => state.running !== undefined);
    expect(ready).toBe(false);
    await until(async () => (await pods.events('never-ready')).join().includes('Readiness probe failed'), 'a warning');
    const way = await forwardPort(access, namespace, 'never-ready', 8080);
    expect((await fetch(way.url)).status).toBe(503);
    await way.end();
  });

  it('slow-start: runs first, and is ready later', async () => {
    await create('slow-start', 'example.com/slow-start:1', { 'testbed.blueberry/delay-seconds': '1.5' });
    const { ready } = await pods.untilContainer('slow-start', 'running', (state) => state.running !== undefined);
    expect(ready).toBe(false);
    await pods.untilReady('slow-start');
  });

  it('starts when the image is pushed at last, and counts as there once it was pulled', async () => {
    const image = `${access.registry}/acme/late:1`;
    await create('late', image);
    const { state } = await pods.untilContainer('late', 'back-off', waits('ImagePullBackOff'));
    expect(state.waiting?.message).toContain('acme/late:1: not found');
    const digest = await pushImage(access.registry, 'acme/late:1', 'late');
    expect((await pods.untilReady('late')).imageID).toBe(`${access.registry}/acme/late@${digest}`);
    await create('pinned', `${access.registry}/acme/late@${digest}`);
    expect((await pods.untilReady('pinned')).imageID).toBe(`${access.registry}/acme/late@${digest}`);
  });

  it('waits for a Secret that is not there', async () => {
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'absent', key: 'key' } } }];
    const image = 'example.com/web:1';
    await create('no-secret', image, {}, { containers: [{ name: 'web', image, env }] });
    const { state } = await pods.untilContainer('no-secret', 'refused', waits('CreateContainerConfigError'));
    expect(state.waiting?.message).toBe('secret "absent" not found');
  });

  it('changes its behaviour while it runs, when its annotation does', async () => {
    await create('turns', 'example.com/web:1');
    await pods.untilReady('turns');
    await kubectl(access, '-n', namespace, 'annotate', 'pod', 'turns', 'testbed.blueberry/behaviour=crash-loop');
    await pods.untilContainer('turns', 'crashed', waits('CrashLoopBackOff'));
    await kubectl(access, '-n', namespace, 'annotate', 'pod', 'turns', 'testbed.blueberry/behaviour-');
    await pods.untilReady('turns');
  });

  it('stays pending where no node has room', async () => {
    const resources = { requests: { cpu: '2k' } };
    const image = 'example.com/web:1';
    await create('too-big', image, {}, { containers: [{ name: 'web', image, resources }] });
    await until(async () => {
      const { status } = await pods.read('too-big');
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
