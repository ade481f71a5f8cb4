import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { prepareRemoval, removeApplication } from '../../src/adapters/argocd/delivery/remove-application.ts';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { JsonPatch, KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { applications } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createDeliveryStage, type DeliveryStage, type StagedEnvironment } from '../support/delivery-stage.ts';
import { startFaultyApiServer, type Fault, type FaultyApiServer } from '../support/faulty-api-server.ts';
import { failureOf, makeNamespace, openKubernetes, type TestNamespace } from '../support/kubernetes.ts';

// In a namespace of its own, which Argo CD does not look at: what it would do at once waits here to be seen.
const FINALIZER = 'resources-finalizer.argocd.argoproj.io';
let direct: KubernetesClient;
let client: KubernetesClient;
let faulty: FaultyApiServer;
let namespace: TestNamespace;
let stage: DeliveryStage;
let environment: StagedEnvironment;
let made: Application;
beforeAll(async () => {
  const cluster = inject('cluster');
  direct = await openKubernetes(cluster.kubeconfig);
  namespace = await makeNamespace(direct);
  faulty = await startFaultyApiServer(cluster);
  client = await openKubernetes(faulty.kubeconfig);
  stage = await createDeliveryStage(direct, 'https://git.example.com/charts.git', namespace.name);
});
beforeEach(async () => {
  environment = stage.environment('leaving');
  made = await direct.create(applications, environment.wanted());
});
afterEach(() => {
  faulty.faultFor = () => undefined;
});
afterAll(async () => {
  await stage.dispose();
  await namespace.remove();
  client.close();
  await faulty.close();
  direct.close();
});

const patch = (...operations: JsonPatch): Promise<Application> =>
  direct.patchJson(applications, environment.ref, operations);

/** An Application with a sync in that phase. */
function syncing(phase: string): Promise<Application> {
  return patch(
    { op: 'add', path: '/operation', value: { sync: { revision: 'main' } } },
    {
      op: 'add',
      path: '/status',
      value: {
        operationState: { phase, startedAt: '2030-01-01T00:00:00Z', operation: { sync: { revision: 'main' } } },
      },
    },
  );
}

function next(method: string, fault: Fault): () => string[] {
  const begin = faulty.requests.length;
  let left = 1;
  faulty.faultFor = (request) => {
    if (request.method !== method || left === 0) return undefined;
    left -= 1;
    return fault;
  };
  return () => faulty.requests.slice(begin).map((request) => request.method);
}

describe('a removal', () => {
  it('is one deletion, and costs nothing once it was accepted', async () => {
    const methods = next('none', 'hang');
    await removeApplication(client, made);
    const leaving = await environment.find();
    expect(leaving?.metadata).toMatchObject({ uid: made.metadata.uid, finalizers: [FINALIZER] });
    expect(leaving?.metadata.deletionTimestamp).toBeDefined();
    if (leaving !== null) await removeApplication(client, leaving);
    expect(methods()).toEqual(['DELETE']);
  });

  const faults: readonly (readonly [string, Fault])[] = [
    ['500', { status: 500, body: 'oh' }],
    ['504', { status: 504, body: { kind: 'Status', reason: 'Timeout', message: 'too slow' } }],
    ['409', { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'changed meanwhile' } }],
    ['a connection that is reset before it was done', 'reset-before'],
    ['a connection that is reset after it was done', 'reset-after'],
  ];
  it.each(faults)('is accepted after %s', async (_, fault) => {
    next('DELETE', fault);
    await removeApplication(client, made);
    expect((await environment.find())?.metadata.deletionTimestamp).toBeDefined();
  });

  it('is told to be tried again when the API server is busy', async () => {
    next('DELETE', { status: 429, body: 'slow down' });
    expect((await failureOf(removeApplication(client, made))).kind).toBe('too_many_requests');
    next('DELETE', { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } });
    expect((await failureOf(removeApplication(client, made))).kind).toBe('forbidden');
    expect((await environment.find())?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('is fine when it is gone already', async () => {
    await patch({ op: 'remove', path: '/metadata/finalizers' });
    await direct.delete(applications, environment.ref, { uid: made.metadata.uid });
    const methods = next('none', 'hang');
    await removeApplication(client, made);
    expect(methods()).toEqual(['DELETE', 'GET']);
    const { finalizers: _, ...metadata } = made.metadata;
    expect(await prepareRemoval(client, { ...made, metadata })).toBeNull();
  });

  it('is also of the one that was made anew for the same environment meanwhile', async () => {
    await patch({ op: 'remove', path: '/metadata/finalizers' });
    await direct.delete(applications, environment.ref, { uid: made.metadata.uid });
    const anew = await direct.create(applications, environment.wanted());
    await removeApplication(client, made);
    const leaving = await environment.find();
    expect(leaving?.metadata.uid).toBe(anew.metadata.uid);
    expect(leaving?.metadata.deletionTimestamp).toBeDefined();
  });

  it('is refused for what does not say whose it is', async () => {
    const unlabelled = await patch({ op: 'remove', path: '/metadata/labels' });
    await expect(removeApplication(client, unlabelled)).rejects.toMatchObject({ name: 'NotOurs' });
    expect(await environment.find()).toEqual(unlabelled);
  });

  it('puts the finalizer back first, and leaves those of others', async () => {
    const finalizers = ['team.example/audit'];
    const bare = await patch({ op: 'replace', path: '/metadata/finalizers', value: finalizers });
    await removeApplication(client, bare);
    expect((await environment.find())?.metadata.finalizers).toEqual([...finalizers, FINALIZER]);

    environment = stage.environment('leaving');
    const background = `${FINALIZER}/background`;
    const wanted = environment.wanted();
    const other = await direct.create(applications, {
      ...wanted,
      metadata: { ...wanted.metadata, finalizers: [background] },
    });
    await removeApplication(client, other);
    expect((await environment.find())?.metadata.finalizers).toEqual([background]);
  });
});

describe('a sync', () => {
  it('that runs is ended, and left to Argo CD until it has', async () => {
    const running = await syncing('Running');
    await removeApplication(client, running);
    const ending = await environment.find();
    expect(ending?.status?.operationState?.phase).toBe('Terminating');
    expect(ending?.operation).toEqual({ sync: { revision: 'main' } });
    expect(ending?.metadata.deletionTimestamp).toBeDefined();
  });

  it('that runs in an Application that was deleted by hand is ended too', async () => {
    await syncing('Running');
    await direct.delete(applications, environment.ref, { uid: made.metadata.uid });
    const leaving = await environment.find();
    if (leaving !== null) await removeApplication(client, leaving);
    expect((await environment.find())?.status?.operationState?.phase).toBe('Terminating');
  });

  it('that has not begun is called off', async () => {
    const asked = await syncing('Succeeded');
    await removeApplication(client, asked);
    const leaving = await environment.find();
    expect(leaving?.operation).toBeUndefined();
    expect(leaving?.status?.operationState?.phase).toBe('Succeeded');
    expect(leaving?.metadata.deletionTimestamp).toBeDefined();
  });

  it('that began or ended since it was seen is told by a new look', async () => {
    const running = await syncing('Running');
    const ended = await patch(
      { op: 'replace', path: '/status/operationState/phase', value: 'Succeeded' },
      { op: 'remove', path: '/operation' },
    );
    const methods = next('none', 'hang');
    await removeApplication(client, running);
    expect(methods()).toEqual(['PATCH', 'GET', 'DELETE']);
    expect((await environment.find())?.status).toEqual(ended.status);

    environment = stage.environment('leaving');
    await direct.create(applications, environment.wanted());
    const asked = await patch({ op: 'add', path: '/operation', value: { sync: { revision: 'main' } } });
    await syncing('Running');
    await removeApplication(client, asked);
    expect(await environment.find()).toMatchObject({
      operation: { sync: { revision: 'main' } },
      status: { operationState: { phase: 'Terminating' } },
    });
  });
});

it('is prepared for whatever removes the Application then, which stays', async () => {
  await syncing('Running');
  const bare = await patch({ op: 'remove', path: '/metadata/finalizers' });
  const prepared = await prepareRemoval(client, bare);
  expect(prepared).toEqual(await environment.find());
  expect(prepared?.metadata.finalizers).toEqual([FINALIZER]);
  expect(prepared?.metadata.deletionTimestamp).toBeUndefined();
  expect(prepared?.status?.operationState?.phase).toBe('Terminating');
});
