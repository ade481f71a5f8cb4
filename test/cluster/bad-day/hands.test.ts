import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { DesiredEnvironment } from '../../../src/ports/environment-runtime.ts';
import { collectionPath, objectPath, type KubernetesObject } from '../../../testbed/cluster/kubernetes-client.ts';
import { applicationOf, configMap, namespaceOf, startBadDay, type BadDay } from '../../support/bad-day.ts';
import { BAD_DAY } from '../../support/bad-day-sentences.ts';
import { until } from '../../support/cluster-tools.ts';

const cluster = inject('cluster');
let day: BadDay;

beforeAll(async () => {
  day = await startBadDay(cluster);
});
afterAll(() => day.dispose());

const MERGE = 'application/merge-patch+json';
const change = (object: KubernetesObject, patch: object): Promise<unknown> =>
  day.administrator.request('PATCH', objectPath(object), patch, MERGE);
const namespaceObject = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

async function running(values = {}): Promise<DesiredEnvironment> {
  const wanted = day.workload('web', values);
  await day.untilRunning(wanted);
  return wanted;
}

async function podsOf(wanted: DesiredEnvironment): Promise<string[]> {
  const path = collectionPath('v1', 'Pod', namespaceOf(wanted));
  const { items } = await day.administrator.request<{ items: KubernetesObject[] }>('GET', path);
  return items.map(({ metadata }) => metadata.uid ?? '');
}

interface ApplicationSpec {
  readonly uid: string;
  readonly spec: {
    readonly source: { readonly targetRevision: string; readonly helm: { readonly parameters?: unknown } };
  };
}

describe.concurrent('somebody', () => {
  it('edits the Application: it is put back, and nothing that serves is touched', async () => {
    const wanted = await running();
    const before = await podsOf(wanted);
    const helm = { parameters: [{ name: 'replicas', value: '3' }] };
    await change(applicationOf(wanted), { spec: { source: { targetRevision: 'elsewhere', helm } } });
    await until(async () => {
      await day.world.runtime.ensure(wanted);
      const { spec } = await day.administrator.get<ApplicationSpec>(applicationOf(wanted));
      return spec.source.targetRevision === 'main' && spec.source.helm.parameters === undefined;
    }, 'the Application to be as it was');
    await day.untilRunning(wanted);
    expect(await podsOf(wanted)).toEqual(before);
  });

  it('scales the Deployment down: Argo CD puts it back', async () => {
    const wanted = await running();
    const name = namespaceOf(wanted);
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: name } };
    await change(deployment, { spec: { replicas: 0 } });
    await until(
      async () => (await day.administrator.get<{ spec: { replicas: number } }>(deployment)).spec.replicas === 1,
      'one replica',
    );
    await day.untilRunning(wanted);
  });

  it('deletes the Application, and with it all that it deployed: both are made anew', async () => {
    const wanted = await running();
    const before = await podsOf(wanted);
    await day.administrator.delete(applicationOf(wanted));
    await day.untilRead(wanted, BAD_DAY['Application deleted by hand']);
    await day.untilRunning(wanted);
    expect(before).not.toContain((await podsOf(wanted))[0]);
  });

  it('deletes the Application without its finalizer: it is made anew over what it had deployed, which goes on serving', async () => {
    const wanted = await running();
    const before = await podsOf(wanted);
    await change(applicationOf(wanted), { metadata: { finalizers: null } });
    await day.administrator.delete(applicationOf(wanted));
    await day.untilRunning(wanted);
    expect(await podsOf(wanted)).toEqual(before);
    await day.untilGone(wanted);
  });

  it('deletes the namespace: it is made anew, with all that was in it', async () => {
    const wanted = await running();
    await day.administrator.delete(namespaceObject(namespaceOf(wanted)));
    await day.untilRead(wanted, BAD_DAY['namespace deleted by hand']);
    await day.untilRunning(wanted, 90_000);
  });

  it('holds the namespace by a finalizer: what holds it is named until it is let go', async () => {
    const wanted = await running();
    const held = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', namespace: namespaceOf(wanted), finalizers: ['example.com/held'] },
    };
    await day.administrator.create(held);
    await day.untilBlocked(wanted, BAD_DAY['namespace stuck on a finalizer']);
    await change(held, { metadata: { finalizers: null } });
    await day.untilGone(wanted);
  });

  it('holds something that was deployed by a finalizer: it is named until it is let go', async () => {
    const manifest = configMap('held').replace('"metadata":{', '"metadata":{"finalizers":["example.com/held"],');
    const { wanted } = await day.ownChart({ 'held.yaml': manifest });
    await day.untilRead(wanted, 'Waiting for a pod behind its Service.');
    await day.untilBlocked(wanted, BAD_DAY['resource stuck on a finalizer']);
    const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', namespace: namespaceOf(wanted) } };
    await change(held, { metadata: { finalizers: null } });
    await day.untilGone(wanted);
  });

  it('deletes the AppProject: it is made anew', async () => {
    const { wanted } = await day.ownChart({ 'web.yaml': configMap('web') });
    await day.untilRead(wanted, 'Waiting for a pod behind its Service.');
    const { spec } = await day.administrator.get<{ spec: { project: string } }>(applicationOf(wanted));
    const project = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: spec.project, namespace: 'argocd' },
    };
    const { metadata } = await day.administrator.get<KubernetesObject>(project);
    await day.administrator.delete(project);
    await until(async () => {
      await day.world.runtime.ensure(wanted);
      const found = await day.administrator.get<KubernetesObject>(project).catch(() => null);
      return found !== null && found.metadata.uid !== metadata.uid;
    }, 'another AppProject');
    await day.untilRead(wanted, 'Waiting for a pod behind its Service.');
  });

  it.each(['Namespace', 'Application'])('has made a %s of that name already: it is not taken', async (kind) => {
    const wanted = day.workload('web');
    const name = namespaceOf(wanted);
    const stranger: KubernetesObject & Record<string, unknown> =
      kind === 'Namespace'
        ? namespaceObject(name)
        : {
            ...applicationOf(wanted),
            spec: {
              project: 'default',
              source: { repoURL: 'https://git.example.com/else.git', path: '.' },
              destination: { server: 'https://kubernetes.default.svc', namespace: 'default' },
            },
          };
    const { metadata } = await day.administrator.create(stranger);
    await day.untilRead(
      wanted,
      BAD_DAY[kind === 'Namespace' ? 'namespace that is not ours' : 'Application that is not ours'],
    );
    await day.world.runtime.remove(wanted.key);
    await day.world.runtime.remove(wanted.key);
    const after = await day.administrator.get<KubernetesObject>(stranger);
    expect(after.metadata.uid).toBe(metadata.uid);
    expect(after.metadata.labels?.['app.kubernetes.io/managed-by']).toBeUndefined();
    await day.administrator.delete(stranger);
  });
});

it('a second environment of the same name serves while the first is being torn down', async () => {
  const first = await running();
  const gone = day.untilGone(first);
  const second = await running();
  await gone;
  await day.untilRunning(second);
  expect(namespaceOf(second)).not.toBe(namespaceOf(first));
});
