import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { secrets } from '../../src/adapters/argocd/kubernetes/resources.ts';
import {
  startFaultyApiServer,
  type Fault,
  type FaultyApiServer,
  type SeenRequest,
} from '../support/faulty-api-server.ts';
import { failureOf, makeNamespace, openKubernetes, sampleSecret, type TestNamespace } from '../support/kubernetes.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { writeKubeconfig } from '../support/kubeconfig.ts';

let direct: KubernetesClient;
let faulty: FaultyApiServer;
let network: TcpProxy;
let client: KubernetesClient;
let namespace: TestNamespace;
beforeAll(async () => {
  const cluster = inject('cluster');
  direct = await openKubernetes(cluster.kubeconfig);
  namespace = await makeNamespace(direct);
  faulty = await startFaultyApiServer(cluster);
  network = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(faulty.server).port) });
  const { certificateAuthority } = faulty;
  const server = `https://127.0.0.1:${String(network.port)}`;
  await writeKubeconfig(faulty.kubeconfig, { server, certificateAuthority, user: { token: 'anyone' } });
  client = await openKubernetes(faulty.kubeconfig);
});
afterEach(() => {
  faulty.faultFor = () => undefined;
  network.acceptance = 'pass';
  network.delayMs = 0;
});
afterAll(async () => {
  client.close();
  await namespace.remove();
  direct.close();
  await network.close();
  await faulty.close();
});

const ref = (name: string) => ({ namespace: namespace.name, name });

/** Does this to the next so many requests of a method, and lets all others through. */
function next(count: number, method: string, fault: Fault): { readonly seen: SeenRequest[] } {
  const seen: SeenRequest[] = [];
  faulty.faultFor = (request) => {
    if (request.method !== method) return undefined;
    seen.push(request);
    return seen.length <= count ? fault : undefined;
  };
  return { seen };
}

describe('a question', () => {
  const faults: readonly (readonly [string, Fault])[] = [
    ['429', { status: 429, body: 'slow down' }],
    ['500', { status: 500, body: 'oh' }],
    ['502', { status: 502, body: '<html>Bad gateway</html>' }],
    ['503', { status: 503, body: { kind: 'Status', reason: 'ServiceUnavailable', message: 'not now' } }],
    ['504', { status: 504 }],
    ['a connection that is reset', 'reset-before'],
    ['a connection that is reset in the place of an answer', 'reset-after'],
  ];
  it.each(faults)('is asked again after %s', async (_, fault) => {
    const { seen } = next(2, 'GET', fault);
    expect(await client.serverVersion()).toMatch(/^v1/);
    expect(seen).toHaveLength(3);
  });

  it('is not asked for ever', async () => {
    const { seen } = next(100, 'GET', { status: 503, body: 'no' });
    const failure = await failureOf(client.get(secrets, ref('any')));
    expect(failure).toMatchObject({ kind: 'unavailable', status: 503 });
    expect(failure.message).toBe(`Could not read Secret ${namespace.name}/any: it answered with 503 and "no".`);
    expect(seen).toHaveLength(5);
  });

  it('is asked again no sooner than the API server says', async () => {
    const { seen } = next(1, 'GET', { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' });
    await client.serverVersion();
    expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('is given up at once where the API server wants to be left alone for longer than there is time', async () => {
    const { seen } = next(9, 'GET', { status: 429, headers: { 'retry-after': '60' }, body: 'slow down' });
    const failure = await failureOf(client.serverVersion());
    expect(failure).toMatchObject({ kind: 'too_many_requests', retryAfterMs: 60_000 });
    expect(seen).toHaveLength(1);
  });

  it('fails in time when there is no answer', async () => {
    next(9, 'GET', 'hang');
    const begun = performance.now();
    const failure = await failureOf(client.get(secrets, ref('any'), { timeoutMs: 600 }));
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(failure.kind).toBe('timeout');
    expect(failure.message).toMatch(/127\.0\.0\.1:\d+: no answer within 0\.6 seconds\.$/);
  });

  it('is called off while it waits for its answer, and while it waits to be asked again', async () => {
    for (const fault of ['hang', { status: 429, headers: { 'retry-after': '5' } }] as const) {
      next(9, 'GET', fault);
      const begun = performance.now();
      await expect(client.serverVersion({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      expect(performance.now() - begun).toBeLessThan(1000);
    }
  });

  it('is not answered by who is no API server', async () => {
    next(9, 'GET', { status: 404, body: '<html>Not found</html>' });
    expect((await failureOf(client.get(secrets, ref('any')))).kind).toBe('not_served');
    next(9, 'GET', { status: 200, body: '<html>Sign in</html>' });
    expect((await failureOf(client.get(secrets, ref('any')))).kind).toBe('unexpected');
    next(9, 'GET', { status: 302, headers: { location: 'https://elsewhere.test/' } });
    expect((await failureOf(client.get(secrets, ref('any')))).kind).toBe('unexpected');
  });

  it('does not take connections for alive that have gone silent', async () => {
    await Promise.all(Array.from({ length: 8 }, () => client.serverVersion()));
    network.blackhole();
    expect((await failureOf(client.serverVersion({ timeoutMs: 500 }))).kind).toBe('timeout');
    expect(await client.serverVersion({ timeoutMs: 5_000 })).toMatch(/^v1/);
  });
});

describe('a write', () => {
  it('is sent once, whatever comes of it', async () => {
    const outcomes: readonly (readonly [Fault, string])[] = [
      [{ status: 429, headers: { 'retry-after': '0' }, body: 'slow down' }, 'too_many_requests'],
      [{ status: 503, body: { kind: 'Status', reason: 'ServiceUnavailable', message: 'not now' } }, 'unavailable'],
      [{ status: 503, body: 'from a proxy' }, 'unknown_outcome'],
      [{ status: 500, body: 'oh' }, 'unknown_outcome'],
      [{ status: 502, body: 'oh' }, 'unknown_outcome'],
      [{ status: 504, body: { kind: 'Status', reason: 'Timeout', message: 'too slow' } }, 'unknown_outcome'],
      ['reset-before', 'unknown_outcome'],
    ];
    for (const [fault, kind] of outcomes) {
      const { seen } = next(1, 'POST', fault);
      expect((await failureOf(client.create(secrets, sampleSecret(namespace.name, 'never')))).kind).toBe(kind);
      expect(seen).toHaveLength(1);
    }
    expect((await failureOf(direct.get(secrets, ref('never')))).kind).toBe('not_found');
  });

  it.each(['swallow-answer', 'reset-after'] as const)('that was done is found done (%s)', async (fault) => {
    const name = `done-${fault}`;
    next(1, 'POST', fault);
    const created = await failureOf(client.create(secrets, sampleSecret(namespace.name, name), { timeoutMs: 800 }));
    expect(created.kind).toBe('unknown_outcome');
    expect(created.message).toContain('Whether it was done is not known');
    const made = await client.get(secrets, ref(name));
    expect((await failureOf(client.create(secrets, sampleSecret(namespace.name, name)))).kind).toBe('already_exists');

    next(1, 'PATCH', fault);
    const patch = [
      { op: 'test', path: '/metadata/resourceVersion', value: made.metadata.resourceVersion },
      { op: 'replace', path: '/data', value: { text: btoa('two') } },
    ] as const;
    expect((await failureOf(client.patchJson(secrets, ref(name), patch, { timeoutMs: 800 }))).kind).toBe(
      'unknown_outcome',
    );
    expect((await client.get(secrets, ref(name))).data).toEqual({ text: btoa('two') });
    expect((await failureOf(client.patchJson(secrets, ref(name), patch))).kind).toBe('conflict');

    next(1, 'DELETE', fault);
    const { uid } = made.metadata;
    expect((await failureOf(client.delete(secrets, ref(name), { uid, timeoutMs: 800 }))).kind).toBe('unknown_outcome');
    expect((await failureOf(client.get(secrets, ref(name)))).kind).toBe('not_found');
  });

  it('that never left is known not to be done', async () => {
    network.acceptance = 'refuse';
    network.cut();
    // Until it has been noticed that an idle connection is cut, a request may be sent into it.
    await pause(100);
    const refused = await failureOf(client.create(secrets, sampleSecret(namespace.name, 'never')));
    expect(refused.kind).toBe('unavailable');
    network.acceptance = 'hang';
    const late = await failureOf(client.create(secrets, sampleSecret(namespace.name, 'never'), { timeoutMs: 500 }));
    expect(late.kind).toBe('unavailable');
  });

  it('is not unknown when a burst shares the connections', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `burst-${String(index)}`);
    let posts = 0;
    faulty.faultFor = ({ method }) => (method === 'POST' && (posts += 1) > 60 ? 'reset-before' : undefined);
    const results = await Promise.allSettled(
      names.map((name) => client.create(secrets, sampleSecret(namespace.name, name))),
    );
    const { items } = await direct.list(secrets, { namespace: namespace.name });
    const existing = new Set(items.map(({ metadata }) => metadata.name));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') expect(existing).toContain(names[index]);
      else expect(['unknown_outcome', 'unavailable']).toContain((result.reason as { kind: string }).kind);
    }
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(results.some(({ status }) => status === 'rejected')).toBe(true);
  });

  it('survives a slow network', async () => {
    network.delayMs = 150;
    const made = await client.create(secrets, sampleSecret(namespace.name, 'slow'));
    expect(made.metadata.uid).toMatch(/\S/);
  });
});
