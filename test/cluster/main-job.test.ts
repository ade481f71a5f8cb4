import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { startArgocdProduct, type ArgocdProduct } from '../support/argocd-product.ts';
import { connectRepository, createEnvironment, readEnvironment, untilStatus, visit } from '../support/environments.ts';
import { openEvents } from '../support/event-client.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { readPieces, talk } from '../support/preview-streams.ts';
import { BOOTSTRAP_TOKEN, eventually } from '../support/product.ts';
import { pushImage } from '../support/push-image.ts';

const cluster = inject('cluster');

interface Stub {
  readonly image: string;
  readonly digest: string;
  readonly namespace: string;
  readonly env: Readonly<Record<string, string>>;
}

describe.each(['api', 'git'] as const)('an environment on Kubernetes from its creation to its end, mode %s', (mode) => {
  const name = `main-${mode}`;
  let observer: KubernetesClient;
  let blueberry: ArgocdProduct;
  let fixture: GitFixture;
  let images: string;
  let id = '';
  let namespace = '';

  const push = (commit: string): Promise<string> => pushImage(cluster.registry, `${images}:${commit}`, commit);
  const head = (): Promise<string> => fixture.git('rev-parse', 'HEAD');
  const read = (): ReturnType<typeof readEnvironment> => readEnvironment(blueberry.product, id);
  const details = async <T>(what: string): Promise<T> =>
    (await blueberry.product.api<T>('GET', `/api/environments/${id}/${what}`)).body;
  const stub = async (): Promise<Stub> => JSON.parse((await visit(blueberry.product, name, '/__stub')).text) as Stub;
  const untilAnsweredBy = (digest: string): Promise<true> =>
    eventually(async () => ((await stub()).digest === digest ? true : null), 60_000, `${digest} to answer`);

  /** Asks without a pause until it is told to stop, and gives the answers that were not 200. */
  function keepVisiting(): { stop(): Promise<{ readonly asked: number; readonly failed: string[] }> } {
    let stopped = false;
    let asked = 0;
    const failed: string[] = [];
    const visitor = async (): Promise<void> => {
      while (!stopped) {
        asked += 1;
        const { status, text } = await visit(blueberry.product, name, '/__stub');
        if (status !== 200) failed.push(`${String(status)} ${text.slice(0, 200)}`);
      }
    };
    const done = Promise.all([visitor(), visitor()]);
    done.catch(() => undefined);
    return {
      async stop() {
        stopped = true;
        await done;
        return { asked, failed };
      },
    };
  }

  beforeAll(async () => {
    observer = await connect(cluster.kubeconfig);
    blueberry = await startArgocdProduct({ cluster, mode });
    fixture = await createGitFixture({ 'README.md': 'An application' });
    images = `acme/${blueberry.installation}`;
  });
  afterAll(async () => {
    await blueberry.dispose();
    await fixture.dispose();
    observer.close();
  });

  it('waits for its image, says so, and is ready when that is pushed: its URL answers with that image', async () => {
    const repositoryId = await connectRepository(blueberry.product, fixture.path, {
      image: `${cluster.registry}/${images}:{sha}`,
      values: { env: { GREETING: 'hello' }, probe: { path: '/', periodSeconds: 1 } },
    });
    ({ id } = await createEnvironment(blueberry.product, { repository_id: repositoryId, name }));
    const commit = await head();
    await eventually(async () => {
      const { status, message } = await read();
      expect(status).toBe('pending');
      return message.includes(`${images}:${commit}`) && message.includes('to be pushed') ? true : null;
    });
    const digest = await push(commit);
    const { urls, kubernetes } = await untilStatus(blueberry.product, id, 'ready', 90_000);
    expect(urls).toEqual([`http://${name}.localhost:${String(blueberry.product.port)}`]);
    expect(kubernetes).toMatchObject({ sync_status: 'Synced', health_status: 'Healthy' });
    namespace = kubernetes.namespace;
    const files = mode === 'git' ? [`gitops/environments/${namespace}.yaml`] : [];
    expect(await blueberry.leftovers()).toEqual(
      expect.arrayContaining([`Application ${namespace}`, `Namespace ${namespace}`, ...files]),
    );
    const { env, ...answer } = await stub();
    expect(answer).toMatchObject({ namespace, digest, image: `${cluster.registry}/${images}@${digest}` });
    expect(env).toMatchObject({ GREETING: 'hello', BLUEBERRY_NAME: name, BLUEBERRY_COMMIT: commit });
  });

  it('speaks through its URL by WebSocket and piece by piece', async () => {
    expect(await talk(blueberry.product, name, ['hello', 'ünïcödé 🫐'])).toEqual(['hello', 'ünïcödé 🫐']);
    const pieces = await readPieces(blueberry.product, name, '/__stub/slow?chunks=3&interval_ms=400');
    expect(pieces.map(({ text }) => text).join('')).toBe('chunk 1 of 3\nchunk 2 of 3\nchunk 3 of 3\n');
    const [first, last] = [pieces[0], pieces.at(-1)];
    expect((last?.afterMs ?? 0) - (first?.afterMs ?? 0)).toBeGreaterThan(600);
  });

  it('tells its log as it comes, its resources, its timeline, and where its values are from', async () => {
    const follow = `${blueberry.product.url}/api/environments/${id}/logs?follow=true&tail=10`;
    const log = await openEvents(follow, { authorization: `Bearer ${BOOTSTRAP_TOKEN}` });
    await visit(blueberry.product, name, '/a-line-of-the-log');
    await eventually(() =>
      Promise.resolve(log.events.some(({ data }) => data.includes('GET /a-line-of-the-log 200')) ? true : null),
    );
    log.close();

    const { items: resources } = await details<{ items: { kind: string; health: string }[] }>('resources');
    expect(resources.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'Service']));
    expect(new Set(resources.map(({ health }) => health))).toEqual(new Set(['Healthy']));
    const { items: timeline } = await details<{ items: { message: string }[] }>('events');
    expect(timeline.map(({ message }) => message).join('\n')).toContain('to be pushed');
    const { values, origins } = await details<{ values: object; origins: Record<string, string> }>('values');
    expect(values).toMatchObject({ env: { GREETING: 'hello' }, asleep: false });
    expect(origins).toMatchObject({ '/env/GREETING': 'repository', '/image/digest': 'blueberry' });
  });

  it('follows its branch to a new commit once there is an image of it, and no request fails', async () => {
    const visitors = keepVisiting();
    const before = await stub();
    const commit = await fixture.commit({ 'README.md': 'Another one' });
    await eventually(async () => ((await read()).git.commit_sha === commit ? true : null));
    expect((await stub()).digest).toBe(before.digest);
    await untilAnsweredBy(await push(commit));
    await untilStatus(blueberry.product, id, 'ready');
    expect((await stub()).env['BLUEBERRY_COMMIT']).toBe(commit);
    const { asked, failed } = await visitors.stop();
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(20);
  });

  it('is deployed again when asked to, and no request fails', async () => {
    const visitors = keepVisiting();
    const { BLUEBERRY_REVISION: before } = (await stub()).env;
    expect((await blueberry.product.api('POST', `/api/environments/${id}/redeploy`)).status).toBeLessThan(300);
    await eventually(async () => ((await stub()).env['BLUEBERRY_REVISION'] === before ? null : true), 60_000);
    await untilStatus(blueberry.product, id, 'ready');
    expect((await visitors.stop()).failed).toEqual([]);
  });

  it('sleeps without pods, and wakes when it is visited', async () => {
    await visit(blueberry.product, name, '/before-its-sleep');
    await blueberry.product.api('POST', `/api/environments/${id}/sleep`);
    const pods = async (): Promise<number> =>
      (await observer.request<{ items: unknown[] }>('GET', `/api/v1/namespaces/${namespace}/pods`)).items.length;
    await eventually(async () => ((await pods()) === 0 ? true : null), 60_000, 'no pods');
    expect(await untilStatus(blueberry.product, id, 'ready')).toMatchObject({ asleep: true });
    expect((await stub()).namespace).toBe(namespace);
    expect(await read()).toMatchObject({ asleep: false });
    await untilStatus(blueberry.product, id, 'ready');
  });

  it('goes with everything that it had, and leaves a receipt', async () => {
    expect((await blueberry.product.api('DELETE', `/api/environments/${id}`)).status).toBe(202);
    await untilStatus(blueberry.product, id, 'terminated', 90_000);
    const { removed } = await details<{ removed: { kind: string }[] }>('receipt');
    const counts: Record<string, number> = {};
    for (const { kind } of removed) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toMatchObject({ Application: 1, Deployment: 1, Service: 1, Namespace: 1, AppProject: 1 });
    expect(await blueberry.leftovers()).toEqual([]);
    expect((await visit(blueberry.product, name)).status).toBe(404);
    const { items } = await details<{ items: { text: string }[] }>('logs?tail=100');
    const texts = items.map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(['GET /before-its-sleep 200', 'GET /__stub 200']));
  });
});
