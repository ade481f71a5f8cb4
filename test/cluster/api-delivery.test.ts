import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createApiDelivery } from '../../src/adapters/argocd/delivery/api-delivery.ts';
import type { ApplicationDelivery } from '../../src/adapters/argocd/delivery/application-delivery.ts';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import type { NewObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { applications } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { NotOurs } from '../../src/adapters/argocd/objects/not-ours.ts';
import {
  createDeliveryStage,
  type DeliveryClient,
  type DeliveryStage,
  type StagedEnvironment,
} from '../support/delivery-stage.ts';
import { startFaultyApiServer, type Fault, type FaultyApiServer } from '../support/faulty-api-server.ts';
import { failureOf, makeNamespace, openKubernetes, type TestNamespace } from '../support/kubernetes.ts';

// In a namespace of its own, which Argo CD does not look at: nobody but the test writes to these Applications.
let direct: KubernetesClient;
let behind: KubernetesClient;
let faulty: FaultyApiServer;
let namespace: TestNamespace;
let stage: DeliveryStage;
let delivery: ApplicationDelivery;
let environment: StagedEnvironment;
beforeAll(async () => {
  const cluster = inject('cluster');
  direct = await openKubernetes(cluster.kubeconfig);
  namespace = await makeNamespace(direct);
  faulty = await startFaultyApiServer(cluster);
  behind = await openKubernetes(faulty.kubeconfig);
  stage = await createDeliveryStage(direct, 'https://git.example.com/charts.git', namespace.name);
});
beforeEach(() => {
  delivery = open();
  environment = stage.environment('faults');
});
afterEach(() => {
  faulty.faultFor = () => undefined;
});
afterAll(async () => {
  await stage.dispose();
  await namespace.remove();
  behind.close();
  await faulty.close();
  direct.close();
});

function open(): ApplicationDelivery {
  return createApiDelivery({ client: inAHurry(behind), argocdNamespace: namespace.name });
}

/** Does not wait a quarter of a minute for what is never answered. */
function inAHurry(client: KubernetesClient): Omit<DeliveryClient, 'listPages'> {
  const timeoutMs = 700;
  return {
    get: (resource, ref) => client.get(resource, ref, { timeoutMs }),
    create: (resource, object) => client.create(resource, object, { timeoutMs }),
    patchJson: (resource, ref, patch) => client.patchJson(resource, ref, patch, { timeoutMs }),
    delete: (resource, ref, options) => client.delete(resource, ref, { ...options, timeoutMs }),
  };
}

/** Does this to the next so many requests of a method. Gives the methods of all requests from then on. */
function next(method: string, fault: Fault, count = 1): () => string[] {
  const begin = faulty.requests.length;
  let left = count;
  faulty.faultFor = (request) => {
    if (request.method !== method || left === 0) return undefined;
    left -= 1;
    return fault;
  };
  return () => faulty.requests.slice(begin).map((request) => request.method);
}

const watching = (): (() => string[]) => next('none', 'hang');

async function found(): Promise<Application> {
  const application = await environment.find();
  if (application === null) throw new Error('There is no Application.');
  return application;
}

/** What the API server or the network does, and whether a call then fails for the caller to make it again. */
const FAULTS: readonly (readonly [string, Fault, 'told' | 'mended'])[] = [
  ['429', { status: 429, body: 'slow down' }, 'told'],
  ['503', { status: 503, body: { kind: 'Status', reason: 'ServiceUnavailable', message: 'not now' } }, 'told'],
  ['500', { status: 500, body: 'oh' }, 'mended'],
  ['502', { status: 502, body: '<html>Bad gateway</html>' }, 'mended'],
  ['504', { status: 504, body: { kind: 'Status', reason: 'Timeout', message: 'too slow' } }, 'mended'],
  ['409', { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'changed meanwhile' } }, 'mended'],
  ['no answer', 'hang', 'mended'],
  ['a connection that is reset before it was done', 'reset-before', 'mended'],
  ['a connection that is reset after it was done', 'reset-after', 'mended'],
  ['an answer that is lost after it was done', 'swallow-answer', 'mended'],
];

/** Makes the call, and once more where it fails with something that is to be tried again. */
async function withOneMore<T>(outcome: 'told' | 'mended', call: () => Promise<T>): Promise<T> {
  if (outcome === 'mended') return call();
  const failure = await failureOf(call());
  expect(['too_many_requests', 'unavailable']).toContain(failure.kind);
  return call();
}

describe('a create', () => {
  it.each(FAULTS)('comes to one Application after %s', async (_, fault, outcome) => {
    const wanted = environment.wanted();
    next('POST', fault);
    const made = await withOneMore(outcome, () => delivery.put(wanted, null));
    expect(made?.spec).toEqual(wanted.spec);
    expect(await found()).toEqual(made);
  });

  it('that meets one of ours changes it to what is wanted', async () => {
    const first = await delivery.put(environment.wanted(), null);
    const wanted = environment.wanted({ replicas: 2 }, { revision: 2 });
    const second = await open().put(wanted, null);
    expect(second?.metadata.uid).toBe(first?.metadata.uid);
    expect(second?.spec).toEqual(wanted.spec);
  });

  it('that meets another one leaves it alone', async () => {
    const wanted = environment.wanted();
    const labels = { ...wanted.metadata.labels, 'blueberry.dev/installation': 'another' };
    const foreign = await direct.create(applications, { ...wanted, metadata: { ...wanted.metadata, labels } });
    const methods = watching();
    await expect(delivery.put(wanted, null)).rejects.toBeInstanceOf(NotOurs);
    expect(methods()).toEqual(['POST', 'GET']);
    expect(await found()).toEqual(foreign);
  });

  it('says so when the API server will never take it', async () => {
    const wanted = environment.wanted();
    const broken = { ...wanted, spec: { ...wanted.spec, revisionHistoryLimit: 'many' } } as unknown as typeof wanted;
    const methods = watching();
    expect((await failureOf(delivery.put(broken, null))).kind).toBe('invalid');
    const lost = { ...wanted, metadata: { ...wanted.metadata, namespace: 'nowhere' } };
    expect((await failureOf(delivery.put(lost, null))).kind).toBe('not_found');
    expect(methods()).toEqual(['POST', 'POST']);
  });
});

describe('a change', () => {
  let before: Application;
  beforeEach(async () => {
    await delivery.put(environment.wanted({ replicas: 1 }), null);
    before = await found();
  });

  it.each(FAULTS)('is made after %s', async (_, fault, outcome) => {
    const wanted = environment.wanted({ replicas: 2 }, { revision: 2 });
    next('PATCH', fault);
    const changed = await withOneMore(outcome, () => delivery.put(wanted, before));
    expect(changed?.spec).toEqual(wanted.spec);
    expect(changed?.metadata.uid).toBe(before.metadata.uid);
    expect(await found()).toEqual(changed);
  });

  it('is one patch, which asks Argo CD to look', async () => {
    const methods = watching();
    const changed = await delivery.put(environment.wanted({ replicas: 1 }, { revision: 2 }), before);
    expect(methods()).toEqual(['PATCH']);
    expect(changed?.metadata.annotations).toMatchObject({
      'blueberry.dev/revision': '2',
      'argocd.argoproj.io/refresh': 'normal',
    });
    const at = changed?.metadata.annotations?.['argocd.argoproj.io/refresh-timestamp'] ?? '';
    expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000);
  });

  it('of what Argo CD has nothing to do with asks it for nothing', async () => {
    const changed = await delivery.put(
      environment.wanted({ replicas: 1 }, { expiresAt: '2031-01-01T00:00:00.000Z' }),
      before,
    );
    expect(changed?.metadata.annotations).toMatchObject({ 'blueberry.dev/expires-at': '2031-01-01T00:00:00.000Z' });
    expect(changed?.metadata.annotations).not.toHaveProperty(['argocd.argoproj.io/refresh']);
  });

  it('is made to what is there now, not to what was seen', async () => {
    const path = '/metadata/annotations/team.example~1note';
    await direct.patchJson(applications, environment.ref, [{ op: 'add', path, value: 'new' }]);
    const methods = watching();
    const changed = await delivery.put(environment.wanted({ replicas: 2 }), before);
    expect(methods()).toEqual(['PATCH', 'GET', 'PATCH']);
    expect(changed?.metadata.annotations).toMatchObject({ 'team.example/note': 'new' });
  });

  it('becomes a create where it is gone', async () => {
    await remove(before);
    const changed = await delivery.put(environment.wanted({ replicas: 2 }), before);
    expect(changed?.metadata.uid).not.toBe(before.metadata.uid);
    expect(await found()).toEqual(changed);
  });

  const takers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['of nobody known', { 'blueberry.dev/installation': '', 'blueberry.dev/environment-id': '' }],
    ['of another installation', { 'blueberry.dev/installation': 'another' }],
    ['of another environment', { 'blueberry.dev/environment-id': 'env_another' }],
  ];
  it.each(takers)('is not made to one %s that has taken its place', async (_, others) => {
    await remove(before);
    const wanted = environment.wanted();
    const labels = { ...wanted.metadata.labels, ...others };
    const foreign = await direct.create(applications, { ...wanted, metadata: { ...environment.ref, labels } });
    await expect(delivery.put(environment.wanted({ replicas: 2 }), before)).rejects.toBeInstanceOf(NotOurs);
    const methods = watching();
    await delivery.remove(environment.name, before);
    expect(methods()).toEqual(['DELETE', 'GET']);
    expect(await found()).toEqual(foreign);
  });

  it('is not made to one that is on its way out', async () => {
    await direct.delete(applications, environment.ref, { uid: before.metadata.uid });
    const leaving = await found();
    expect(leaving.metadata.deletionTimestamp).toBeDefined();
    const methods = watching();
    expect(await delivery.put(environment.wanted({ replicas: 2 }), leaving)).toBe(leaving);
    expect(methods()).toEqual([]);
    expect(await delivery.put(environment.wanted({ replicas: 2 }), before)).toEqual(leaving);
  });

  it('is given up when somebody else is faster again and again', async () => {
    next('PATCH', { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'changed meanwhile' } }, 99);
    expect((await failureOf(delivery.put(environment.wanted({ replicas: 2 }), before))).kind).toBe('conflict');
  });
});

describe('what is as wanted', () => {
  /** Of which the API server keeps less than it is sent, and Argo CD would drop more. */
  function odd(): NewObject<Application> {
    const { spec, ...others } = environment.wanted();
    const source = {
      ...spec.source,
      kustomize: {},
      unheardOf: { a: 1 },
      helm: { ...spec.source?.helm, fileParameters: null },
    };
    return { ...others, spec: { ...spec, source, info: null } } as unknown as NewObject<Application>;
  }

  it('is not changed, also where the API server keeps something else than it is sent', async () => {
    const made = await delivery.put(odd(), null);
    expect(made?.spec.source).not.toHaveProperty('unheardOf');
    const methods = watching();
    for (let times = 0; times < 3; times += 1) expect(await delivery.put(odd(), made)).toBe(made);
    expect(methods()).toEqual([]);
  });

  it('is changed once at most by who knows nothing of it yet', async () => {
    await delivery.put(odd(), null);
    const methods = watching();
    const restarted = open();
    for (let times = 0; times < 3; times += 1) await restarted.put(odd(), await found());
    expect(methods()).toEqual(['PATCH']);
  });

  it('is still told from a hand edit', async () => {
    const made = await delivery.put(odd(), null);
    const path = '/spec/source/targetRevision';
    await direct.patchJson(applications, environment.ref, [{ op: 'replace', path, value: 'elsewhere' }]);
    const mended = await delivery.put(odd(), await found());
    expect(mended?.spec).toEqual(made?.spec);
  });
});

async function remove({ metadata }: Application): Promise<void> {
  await direct.patchJson(applications, environment.ref, [{ op: 'add', path: '/metadata/finalizers', value: [] }]);
  await direct.delete(applications, environment.ref, { uid: metadata.uid });
}
