import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ApplicationDelivery } from '../../src/adapters/argocd/delivery/application-delivery.ts';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { JsonPatch, KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { orAbsent } from '../../src/adapters/argocd/kubernetes/kubernetes-failure.ts';
import type { NewObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { applications, services, type Resource } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { NotOurs } from '../../src/adapters/argocd/objects/not-ours.ts';
import { canonicalJson } from '../../src/core/json.ts';
import { until } from '../support/cluster-tools.ts';
import {
  createDeliveryStage,
  type DeliveryClient,
  type DeliveryStage,
  type StagedEnvironment,
} from '../support/delivery-stage.ts';
import { countingWrites, removeThrough } from '../support/git-delivery-stage.ts';
import { openKubernetes } from '../support/kubernetes.ts';

export interface DeliveryHarness {
  /** Where the workload chart is. */
  readonly chartRepository: string;
  /** A delivery that knows nothing yet, as after a start. */
  open(stage: DeliveryStage): ApplicationDelivery;
  /** Made by deliveries so far. */
  commits(): Promise<number>;
  dispose(): Promise<void>;
}

const deployments: Resource<Application> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  plural: 'deployments',
  isNamespaced: true,
};

/** What every ApplicationDelivery keeps to, with the real Argo CD. */
export function describeApplicationDelivery(
  mode: string,
  makeHarness: (client: DeliveryClient) => Promise<DeliveryHarness>,
): void {
  describe(`ApplicationDelivery: ${mode}`, () => {
    let client: KubernetesClient;
    let harness: DeliveryHarness;
    let stage: DeliveryStage;
    let delivery: ApplicationDelivery;
    let calls = 0;
    beforeAll(async () => {
      client = await openKubernetes(inject('cluster').kubeconfig);
      harness = await makeHarness(
        countingWrites(client, () => {
          calls += 1;
        }),
      );
      stage = await createDeliveryStage(client, harness.chartRepository);
      delivery = harness.open(stage);
    });
    afterAll(async () => {
      await stage.dispose();
      await harness.dispose();
      client.close();
    });

    /** Asks again and again, as a reconciler does, until it is so. */
    async function deliver(
      environment: StagedEnvironment,
      wanted: NewObject<Application>,
      through = delivery,
    ): Promise<Application> {
      return until(async () => {
        const answer = await through.put(wanted, await environment.find());
        return answer !== null && isAsWanted(answer, wanted) && answer;
      }, `${environment.name} to be as wanted`);
    }

    const remove = (environment: StagedEnvironment): Promise<void> => removeThrough(delivery, environment);
    const writes = async (): Promise<number> => calls + (await harness.commits());

    async function edit(environment: StagedEnvironment, ...patch: JsonPatch): Promise<void> {
      await client.patchJson(applications, environment.ref, patch);
    }

    const isDeployed = async ({ name }: StagedEnvironment): Promise<boolean> =>
      (await orAbsent(client.get(deployments, { name, namespace: name }))) !== null;

    it('brings an environment up, leaves it alone while nothing changes, and takes it away with all that it deployed', async () => {
      const environment = await stage.deployable('main-job');
      const wanted = environment.wanted({ env: { GREETING: 'hello', REMOVED: null } });
      await deliver(environment, wanted);
      const healthy = await environment.untilHealthy();
      expect(healthy.spec).toEqual(wanted.spec);
      expect(await isDeployed(environment)).toBe(true);

      const before = await writes();
      expect(await delivery.put(wanted, healthy)).toBe(healthy);
      const afterRestart = harness.open(stage);
      for (let times = 0; times < 3; times += 1) await deliver(environment, wanted, afterRestart);
      expect(await writes()).toBe(before);
      expect((await environment.find())?.metadata.uid).toBe(healthy.metadata.uid);

      await remove(environment);
      expect(await isDeployed(environment)).toBe(false);
      expect(await orAbsent(client.get(services, { name: environment.name, namespace: environment.name }))).toBeNull();
    });

    it('replaces all of the spec, and leaves what others have written beside it', async () => {
      const environment = await stage.deployable('changing');
      const first = environment.wanted(
        { env: { A: '1', B: '2' }, replicas: 1 },
        { healthPath: '/healthz', image: `registry.example.com/acme/web@sha256:${'a'.repeat(64)}` },
      );
      await deliver(environment, first);
      await environment.untilHealthy();
      await edit(
        environment,
        { op: 'add', path: '/metadata/annotations/team.example~1note', value: 'keep' },
        { op: 'add', path: '/metadata/labels/team.example~1tag', value: 'keep' },
      );

      const second = environment.wanted({ env: { A: '1' } }, { revision: 2, commit: 'b'.repeat(40) });
      const { spec, metadata } = await deliver(environment, second);
      expect(spec).toEqual(second.spec);
      expect(metadata.annotations).toMatchObject({ ...second.metadata.annotations, 'team.example/note': 'keep' });
      expect(metadata.annotations).not.toHaveProperty(['blueberry.dev/health-path']);
      expect(metadata.annotations).not.toHaveProperty(['blueberry.dev/image']);
      expect(metadata.labels).toMatchObject({ 'team.example/tag': 'keep' });
      await until(async () => {
        const found = await environment.find();
        const compared = found?.status?.sync?.comparedTo?.source?.helm?.values;
        return compared === second.spec.source?.helm?.values && found?.status?.sync?.status === 'Synced';
      }, 'the new values to be synced');
      await remove(environment);
    });

    it('puts back what is changed by hand', async () => {
      const environment = await stage.deployable('edited');
      const wanted = environment.wanted();
      await deliver(environment, wanted);
      await environment.untilHealthy();
      await edit(
        environment,
        { op: 'replace', path: '/spec/source/helm/values', value: '{"replicas":0}' },
        { op: 'add', path: '/spec/source/helm/parameters', value: [{ name: 'replicas', value: '7' }] },
        { op: 'replace', path: '/metadata/annotations/blueberry.dev~1revision', value: '99' },
        { op: 'remove', path: '/metadata/finalizers' },
        { op: 'remove', path: '/spec/syncPolicy' },
      );
      const { spec, metadata } = await deliver(environment, wanted);
      expect(spec).toEqual(wanted.spec);
      expect(metadata.finalizers).toEqual(wanted.metadata.finalizers);
      expect(metadata.annotations).toMatchObject(wanted.metadata.annotations ?? {});
      await environment.untilHealthy();
      await remove(environment);
    });

    it('carries any value as it is', async () => {
      const environment = await stage.deployable('odd-values');
      const odd = {
        TEXT: '{{ "x" }} #: - \'"\\ \t\r\n\u0000\u0085\u2028\u2029\ufeff\uffff\u{1f347} $(PORT) ---\n...\n',
        YES: 'yes',
        NUMBER: '0123',
        TIME: '12:30:45',
        'key: with # all': '&anchor *alias !tag %',
      };
      const wanted = environment.wanted({ replicas: 0, env: odd, none: null });
      const { spec } = await deliver(environment, wanted);
      expect(spec).toEqual(wanted.spec);
      await remove(environment);
    });

    it('removes while a sync runs that would never end', async () => {
      const environment = await stage.deployable('hanging');
      const image = { repository: 'registry.example.com/acme/job-hangs', tag: '1' };
      await deliver(environment, environment.wanted({ image, seed: { enabled: true, command: ['sleep'] } }));
      await until(async () => {
        const phase = (await environment.find())?.status?.operationState?.phase;
        return phase === 'Running';
      }, 'its sync to run');
      await remove(environment);
    });

    it('calls off a sync that has not begun', async () => {
      const environment = await stage.deployable('asked');
      await deliver(environment, environment.wanted());
      await environment.untilHealthy();
      await edit(environment, { op: 'add', path: '/operation', value: { sync: { revision: 'main' } } });
      await remove(environment);
      expect(await isDeployed(environment)).toBe(false);
    });

    it('takes along what was deployed, also when its finalizer is gone', async () => {
      const environment = await stage.deployable('unfinalized');
      await deliver(environment, environment.wanted());
      await environment.untilHealthy();
      await edit(environment, { op: 'remove', path: '/metadata/finalizers' });
      await remove(environment);
      expect(await isDeployed(environment)).toBe(false);
    });

    it('makes it anew once it is gone, when somebody deletes it', async () => {
      const environment = await stage.deployable('deleted');
      const wanted = environment.wanted();
      const { metadata } = await deliver(environment, wanted);
      await environment.untilHealthy();
      await client.delete(applications, environment.ref, { uid: metadata.uid });
      const leaving = await environment.find();
      if (leaving !== null) expect(await delivery.put(wanted, leaving)).toBe(leaving);
      await until(async () => (await environment.find())?.metadata.uid !== metadata.uid, 'the first one to be gone');
      const anew = await deliver(environment, wanted);
      expect(anew.metadata.uid).not.toBe(metadata.uid);
      await remove(environment);
    });

    it('never adopts, changes or deletes what is not ours', async () => {
      const environment = await stage.deployable('foreign');
      const wanted = environment.wanted();
      for (const label of [
        'blueberry.dev/installation',
        'blueberry.dev/environment-id',
        'app.kubernetes.io/managed-by',
      ]) {
        const labels = { ...wanted.metadata.labels, [label]: 'another' };
        const foreign = await client.create(applications, { ...wanted, metadata: { ...environment.ref, labels } });
        const message = `Application argocd/${environment.name} is there already and was not made by this Blueberry`;
        const put = delivery.put(environment.wanted({ replicas: 3 }), null);
        await expect(put).rejects.toThrow(message);
        await expect(put).rejects.toBeInstanceOf(NotOurs);
        await expect(delivery.put(environment.wanted({ replicas: 3 }), foreign)).rejects.toThrow(message);
        await delivery.remove(environment.name, null);
        const stale = { ...foreign, metadata: { ...foreign.metadata, labels: wanted.metadata.labels ?? {} } };
        await delivery.remove(environment.name, { ...stale, metadata: { ...stale.metadata, uid: 'of-another-one' } });
        const left = await environment.find();
        expect(left?.metadata).toMatchObject({ uid: foreign.metadata.uid, labels });
        expect(left?.metadata.deletionTimestamp).toBeUndefined();
        expect(left?.spec).toEqual(foreign.spec);
        await client.delete(applications, environment.ref, { uid: foreign.metadata.uid });
        await environment.untilGone();
      }
    });

    it('removes what is not there', async () => {
      const environment = await stage.deployable('nothing');
      await delivery.remove(environment.name, null);
      expect(await environment.find()).toBeNull();
    });
  });
}

function isAsWanted({ spec, metadata }: Application, wanted: NewObject<Application>): boolean {
  return (
    canonicalJson(spec) === canonicalJson(wanted.spec) &&
    Object.entries(wanted.metadata.annotations ?? {}).every(([name, value]) => metadata.annotations?.[name] === value)
  );
}
