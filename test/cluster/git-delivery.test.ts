import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { ApplicationDelivery } from '../../src/adapters/argocd/delivery/application-delivery.ts';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { NewObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { services } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { NotOurs } from '../../src/adapters/argocd/objects/not-ours.ts';
import { until } from '../support/cluster-tools.ts';
import type { DeliveryStage, StagedEnvironment } from '../support/delivery-stage.ts';
import {
  countingWrites,
  createGitDeliveryStage,
  deliver as deliverThrough,
  type GitDeliveryStage,
  removeThrough,
} from '../support/git-delivery-stage.ts';
import type { GitOpsRemote } from '../support/gitops-remote.ts';
import { GITOPS_FOLDER } from '../support/gitops-world.ts';
import type { GitOpsRoot } from '../support/gitops-root.ts';

let git: GitDeliveryStage;
let remote: GitOpsRemote;
let root: GitOpsRoot;
let stage: DeliveryStage;
let delivery: ApplicationDelivery;
beforeAll(async () => {
  git = await createGitDeliveryStage(inject('cluster'));
  ({ remote, stage } = git);
  root = await git.installRoot();
});
beforeEach(() => {
  git.ahead = 0;
  delivery = git.open();
});
afterAll(() => git.dispose());

const fileOf = ({ name }: { readonly name: string }): string => `${GITOPS_FOLDER}/${name}.yaml`;
const subjects = async (): Promise<string[]> => (await remote.log()).slice(1);
const deliver = (environment: StagedEnvironment, wanted: NewObject<Application>): Promise<Application> =>
  deliverThrough(delivery, environment, wanted);
const remove = (environment: StagedEnvironment): Promise<void> => removeThrough(delivery, environment);

describe('the file', () => {
  it('has the Application, and a history that says what was done', async () => {
    const environment = await stage.deployable('told');
    const { id, name } = environment;
    const begin = (await subjects()).length;
    const first = environment.wanted();
    expect(await delivery.put(first, null)).toBeNull();
    const text = await remote.fileAt(fileOf(environment));
    expect(text).toContain(
      [
        '  labels:',
        '    app.kubernetes.io/managed-by: "blueberry"',
        `    blueberry.dev/environment-id: "${id}"`,
        '    blueberry.dev/environment-name: "told"',
        `    blueberry.dev/installation: "${stage.installation}"`,
        `  name: "${name}"`,
        '  namespace: "argocd"',
        'spec:',
      ].join('\n'),
    );
    await delivery.put(environment.wanted({}, { revision: 2 }), null);
    await delivery.put(environment.wanted({}, { revision: 2, asleep: true }), null);
    await delivery.put(environment.wanted({}, { revision: 2, asleep: false }), null);
    await delivery.put(environment.wanted({}, { revision: 2, expiresAt: '2031-01-01T00:00:00.000Z' }), null);
    await delivery.put(environment.wanted({}, { revision: 3, commit: `3f2a1c9${'0'.repeat(33)}` }), null);
    await remove(environment);
    expect((await subjects()).slice(begin)).toEqual([
      'env told: deploy aaaaaaa',
      'env told: redeploy aaaaaaa',
      'env told: sleep',
      'env told: wake',
      'env told: update',
      'env told: deploy 3f2a1c9',
      'env told: remove',
    ]);
  });

  it('is put back when somebody changes it', async () => {
    const environment = await stage.deployable('changed');
    const wanted = environment.wanted();
    await deliver(environment, wanted);
    const text = await remote.fileAt(fileOf(environment));
    await remote.pushByHand({ [fileOf(environment)]: text.replace('selfHeal: true', 'selfHeal: false') });
    await root.refresh();
    await until(async () => {
      const seen = await environment.find();
      await delivery.put(wanted, seen);
      return seen?.spec.syncPolicy?.automated?.selfHeal === false;
    }, 'the change to reach the cluster');
    // What was just read of the repository counts for some seconds more.
    await until(async () => {
      await delivery.put(wanted, await environment.find());
      return (await remote.fileAt(fileOf(environment))) === text;
    }, 'the file to be as it was');
    expect((await deliver(environment, wanted)).spec).toEqual(wanted.spec);
    await remove(environment);
  });

  it('is put back within minutes also where the change makes no difference in the cluster', async () => {
    const environment = await stage.deployable('commented');
    const wanted = environment.wanted();
    const seen = await deliver(environment, wanted);
    const text = await remote.fileAt(fileOf(environment));
    await remote.pushByHand({ [fileOf(environment)]: `# Hello\n${text}` });
    expect(await delivery.put(wanted, seen)).toBe(seen);
    git.ahead = 5 * 60_000 + 1;
    await until(async () => (await delivery.put(wanted, seen)) === null, 'the change to be noticed');
    expect(await remote.fileAt(fileOf(environment))).toBe(text);
    await remove(environment);
  });

  it('is written again when somebody removes it, and the environment made again', async () => {
    const environment = await stage.deployable('removed');
    const wanted = environment.wanted();
    const before = await deliver(environment, wanted);
    await remote.pushByHand({ [fileOf(environment)]: null });
    await root.refresh();
    await until(async () => {
      return (await environment.find())?.metadata.uid !== before.metadata.uid;
    }, 'the Application to be pruned');
    const anew = await deliver(environment, wanted);
    expect(anew.metadata.uid).not.toBe(before.metadata.uid);
    await remove(environment);
  });

  it('that a process has taken away just before its end is told to Argo CD by the next one', async () => {
    const environment = await stage.deployable('cut-off');
    await deliver(environment, environment.wanted());
    await environment.untilHealthy();
    await remote.pushByHand({ [fileOf(environment)]: null });
    const next = git.open();
    // Nothing is said to be over while Argo CD could make it anew of what it knows.
    expect(await next.remove(environment.name, await environment.find())).toBe(false);
    await until(async () => next.remove(environment.name, await environment.find()), 'Argo CD to know', 10_000);
    await environment.untilGone();
    expect(await next.remove(environment.name, null)).toBe(true);
  });

  it('of another installation is neither replaced nor removed', async () => {
    const environment = await stage.deployable('foreign-file');
    const text = environment.wanted();
    const foreign = JSON.stringify({
      ...text,
      metadata: { ...text.metadata, labels: { ...text.metadata.labels, 'blueberry.dev/installation': 'another' } },
      spec: { ...text.spec, syncPolicy: {} },
    });
    await remote.pushByHand({ [fileOf(environment)]: foreign });
    const put = delivery.put(environment.wanted(), null);
    await expect(put).rejects.toBeInstanceOf(NotOurs);
    await expect(put).rejects.toThrow(`The file ${fileOf(environment)} of the GitOps repository is there already`);
    await delivery.remove(environment.name, null);
    await git.open().remove(environment.name, null);
    expect(await remote.fileAt(fileOf(environment))).toBe(foreign);
    await remote.pushByHand({ [fileOf(environment)]: null });
    await root.refresh();
    await environment.untilGone();
  });
});

describe('many environments at once', () => {
  it('share commits, and looks of Argo CD', async () => {
    const environments = Array.from({ length: 30 }, (_, index) => stage.environment(`many-${String(index)}`));
    const begin = (await subjects()).length;
    let patches = 0;
    const client = countingWrites(git.client, () => {
      patches += 1;
    });
    const many = git.open({ client });
    await Promise.all(environments.map((environment) => many.put(environment.wanted({ replicas: 0 }), null)));
    expect((await subjects()).length - begin).toBeLessThanOrEqual(3);
    expect(patches).toBeLessThanOrEqual(6);
    const files = await remote.files(`${GITOPS_FOLDER}/`);
    for (const environment of environments) expect(files).toContain(fileOf(environment));
    await Promise.all(environments.map(({ name }) => many.remove(name, null)));
    expect(await remote.files(`${GITOPS_FOLDER}/`)).not.toContain(fileOf({ name: environments[0]?.name ?? '' }));
    for (const environment of environments) await remove(environment);
  });

  it('do not wait for one whose removal hangs', async () => {
    const stuck = await stage.deployable('stuck');
    await deliver(stuck, stuck.wanted());
    await stuck.untilHealthy();
    const service = { name: stuck.name, namespace: stuck.name };
    await git.client.patchJson(services, service, [
      { op: 'add', path: '/metadata/finalizers', value: ['blueberry.test/hold'] },
    ]);
    await until(async () => {
      const seen = await stuck.find();
      await delivery.remove(stuck.name, seen);
      return seen?.metadata.deletionTimestamp !== undefined;
    }, 'the removal to begin');
    const other = await stage.deployable('other');
    await deliver(other, other.wanted());
    await remove(other);
    expect((await stuck.find())?.metadata.deletionTimestamp).toBeDefined();
    await git.client.patchJson(services, service, [{ op: 'remove', path: '/metadata/finalizers' }]);
    await stuck.untilGone();
  });
});
