import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import { connect, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { appendLog } from '../../testbed/cluster/stage-hand/container-log.ts';
import { createNamespace, forwardPort, kubectl, pod, startKubectl } from '../support/cluster-tools.ts';
import { observePods, type PodObserver } from '../support/pod-observer.ts';
import { pushImage } from '../support/push-image.ts';

const access = inject('cluster');
let client: KubernetesClient;
let namespace: string;
let pods: PodObserver;

beforeAll(async () => {
  client = await connect(access.kubeconfig);
  namespace = await createNamespace(client, 'pod-wire');
  pods = observePods(client, namespace);
});

afterAll(async () => {
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  client.close();
});

describe('logs and ports of a Pod', () => {
  it('follows the log of each Pod by itself, to its end', async () => {
    await client.apply(pod(namespace, 'log-one', 'example.com/one:1'));
    await client.apply(pod(namespace, 'log-two', 'example.com/two:1'));
    await Promise.all([pods.untilReady('log-one'), pods.untilReady('log-two')]);
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
    const { imageID } = await pods.untilReady('forwarded');
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
    await pods.untilReady('streaming');
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
