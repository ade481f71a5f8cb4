import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { readPodLogs, type PodLogLine, type PodLogQuery } from '../../src/adapters/argocd/kubernetes/pod-logs.ts';
import { pods } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { appendLog } from '../../testbed/cluster/stage-hand/container-log.ts';
import { openBadNetwork, type BadNetwork } from '../support/bad-network.ts';
import { failureOf, makeNamespace, openKubernetes, type TestNamespace } from '../support/kubernetes.ts';
import { makePod } from '../support/sample-pod.ts';

const access = inject('cluster');
let client: KubernetesClient;
let bad: BadNetwork;
let namespace: TestNamespace;
beforeAll(async () => {
  client = await openKubernetes(access.kubeconfig);
  namespace = await makeNamespace(client);
  bad = await openBadNetwork(access);
  await makePod(client, { namespace: namespace.name, name: 'web' });
});
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
afterAll(async () => {
  await namespace.remove();
  await bad.close();
  client.close();
});

function say(pod: string, ...lines: string[]): void {
  appendLog(access.podLogs, { namespace: namespace.name, pod, container: 'web' }, ...lines);
}

function query(pod: string, more: Partial<PodLogQuery> = {}): PodLogQuery {
  const { signal } = new AbortController();
  return { namespace: namespace.name, pod, container: 'web', follow: false, signal, ...more };
}

async function all(pod: string, more: Partial<PodLogQuery> = {}): Promise<PodLogLine[]> {
  const lines: PodLogLine[] = [];
  for await (const line of readPodLogs(client, query(pod, more))) lines.push(line);
  return lines;
}

interface Follower {
  readonly texts: string[];
  readonly ended: Promise<void>;
  stop(): void;
}

/** Follows in the background. */
function follow(pod: string, over = client, more: Partial<PodLogQuery> = {}): Follower {
  const end = new AbortController();
  const texts: string[] = [];
  const ended = (async () => {
    for await (const { text } of readPodLogs(over, query(pod, { follow: true, signal: end.signal, ...more }))) {
      texts.push(text);
    }
  })();
  stops.push(() => end.abort());
  return { texts, ended, stop: () => end.abort() };
}

async function until(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  for (const end = performance.now() + withinMs; !condition(); await pause(20)) {
    if (performance.now() > end) throw new Error(`Not within ${String(withinMs)} ms: ${what}`);
  }
}

describe('the log of a container', () => {
  it('is given line by line, with the time of each', async () => {
    const begun = Date.now();
    say('web', 'first', '', '  indented', 'with a \r', 'ünïcödé 🫐');
    const lines = await all('web', { tail: 5 });
    expect(lines.map(({ text }) => text)).toEqual(['first', '', '  indented', 'with a ', 'ünïcödé 🫐']);
    for (const { at } of lines) {
      expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Date.parse(at)).toBeGreaterThanOrEqual(begun - 1000);
    }
  });

  it('is given from a moment on, to the millisecond', async () => {
    say('web', 'before');
    await pause(20);
    const since = new Date().toISOString();
    await pause(5);
    say('web', 'after');
    expect((await all('web', { since })).map(({ text }) => text)).toEqual(['after']);
    expect(await all('web', { tail: 0 })).toEqual([]);
  });

  it('comes in pieces where a line has no end', async () => {
    say('web', 'x'.repeat(150_000), 'next');
    const texts = (await all('web', { tail: 2 })).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.slice(0, -1).join('')).toBe('x'.repeat(150_000));
    expect(texts.at(-1)).toBe('next');
  });

  it('is followed until it is called off', async () => {
    const follower = follow('web', client, { tail: 0 });
    await pause(500);
    say('web', 'one');
    await until(() => follower.texts.length === 1, 'the first line');
    say('web', 'two', 'three');
    await until(() => follower.texts.length === 3, 'all lines');
    follower.stop();
    await follower.ended;
    expect(follower.texts).toEqual(['one', 'two', 'three']);
  });

  it('is followed to the end of the container', async () => {
    const pod = await makePod(client, { namespace: namespace.name, name: 'mortal' });
    const follower = follow('mortal');
    await until(() => follower.texts.length > 0, 'the log begins');
    say('mortal', 'last words');
    const ref = { namespace: namespace.name, name: 'mortal' };
    await client.delete(pods, ref, { uid: pod.metadata.uid, gracePeriodSeconds: 1 });
    await follower.ended;
    expect(follower.texts.at(-1)).toBe('last words');
  });

  it('is that of the container before the last restart, if asked', async () => {
    await makePod(
      client,
      { namespace: namespace.name, name: 'crashing' },
      'example.com/web:crash-loop',
      ({ status }) => {
        return (status?.containerStatuses?.[0]?.restartCount ?? 0) > 1;
      },
    );
    const lines = await all('crashing', { previous: true });
    expect(lines.map(({ text }) => text)).toContain('Error: DATABASE_URL is not set');
  });

  it('is not there without the Pod or the container', async () => {
    expect((await failureOf(all('nobody'))).kind).toBe('not_found');
    const failure = await failureOf(all('web', { container: 'nobody' }));
    expect(failure.kind).toBe('invalid');
    expect(failure.message).toMatch(/container nobody is not valid for pod web/);
  });
});

describe('a followed log on a bad network', () => {
  it('has every line once, in order, when the connection is cut every half second', async () => {
    await makePod(client, { namespace: namespace.name, name: 'cut' });
    const follower = follow('cut', bad.client);
    await until(() => follower.texts.length > 0, 'the log begins');
    const cutting = setInterval(() => bad.network.cut(), 500);
    const written = Array.from({ length: 120 }, (_, index) => `line ${String(index)}`);
    for (let at = 0; at < written.length; at += 3) {
      // Three with the same time.
      say('cut', ...written.slice(at, at + 3));
      await pause(50);
    }
    clearInterval(cutting);
    await until(() => follower.texts.includes('line 119'), 'the last line');
    expect(follower.texts.slice(1)).toEqual(written);
    follower.stop();
    await follower.ended;
  });

  it('is called off also while nothing can be reached', async () => {
    const follower = follow('web', bad.client);
    await until(() => follower.texts.length > 0, 'the log begins');
    bad.network.acceptance = 'refuse';
    bad.network.cut();
    await pause(1_000);
    const begun = performance.now();
    follower.stop();
    await follower.ended;
    expect(performance.now() - begun).toBeLessThan(500);
    bad.network.acceptance = 'pass';
  });

  it('that is not followed fails when it is cut', async () => {
    say('web', ...Array.from({ length: 2_000 }, () => 'y'.repeat(1_000)));
    const lines = readPodLogs(bad.client, query('web'));
    await lines.next();
    bad.network.cut();
    const rest = (async () => {
      for await (const _ of lines);
    })();
    expect((await failureOf(rest)).kind).toBe('unavailable');
  });
});
