import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createApiDelivery } from '../../src/adapters/argocd/delivery/api-delivery.ts';
import type { ApplicationDelivery } from '../../src/adapters/argocd/delivery/application-delivery.ts';
import { applications } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { until } from '../support/cluster-tools.ts';
import { ARGOCD_NAMESPACE, type DeliveryStage } from '../support/delivery-stage.ts';
import {
  createGitDeliveryStage,
  deliver,
  removeThrough,
  type GitDeliveryStage,
} from '../support/git-delivery-stage.ts';
import type { GitOpsRemote } from '../support/gitops-remote.ts';
import { GITOPS_FOLDER } from '../support/gitops-world.ts';
import { failureOf } from '../support/kubernetes.ts';
import { recordingLog } from '../support/recording-log.ts';

let git: GitDeliveryStage;
let remote: GitOpsRemote;
let stage: DeliveryStage;
let delivery: ApplicationDelivery;
beforeEach(async () => {
  git = await createGitDeliveryStage(inject('cluster'));
  ({ remote, stage } = git);
  delivery = git.open();
});
afterEach(() => git.dispose());

const fileOf = ({ name }: { readonly name: string }): string => `${GITOPS_FOLDER}/${name}.yaml`;

describe('a root Application', () => {
  it('that is not there is told of at each call, and makes what was asked for once it is', async () => {
    const environment = await stage.deployable('waiting');
    const wanted = environment.wanted();
    for (let times = 0; times < 3; times += 1) {
      const failure = await failureOf(delivery.put(wanted, null));
      expect(failure.message).toBe(
        `There is no Application argocd/${git.rootName}, which makes Applications of the files in the GitOps repository. Install the chart gitops/root, as gitops/README.md says.`,
      );
    }
    expect((await remote.log()).slice(1)).toEqual(['env waiting: deploy aaaaaaa']);
    await git.installRoot();
    await deliver(delivery, environment, wanted);
    await removeThrough(delivery, environment);
  });

  it('that applies nothing is told of with what it says, until it does again', async () => {
    await git.installRoot();
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bad', namespace: 'argocd' } };
    await remote.pushByHand({ [`${GITOPS_FOLDER}/bad.yaml`]: JSON.stringify(configMap) });
    const environment = await stage.deployable('held-up');
    const wanted = environment.wanted();
    expect(await delivery.put(wanted, null)).toBeNull();
    const ref = { name: git.rootName, namespace: 'argocd' };
    await until(async () => {
      const operation = (await git.client.get(applications, ref)).status?.operationState;
      return (operation?.retryCount ?? 0) > 0;
    }, 'the sync of the root to fail');
    git.ahead = 20_001;
    const says = `Argo CD does not apply the GitOps repository, says Application argocd/${git.rootName}: `;
    for (let times = 0; times < 3; times += 1) {
      const failure = await failureOf(delivery.put(wanted, await environment.find()));
      expect(failure.message).toContain(says);
      expect(failure.message).toContain('ConfigMap is not permitted in project');
    }
    await remote.pushByHand({ [`${GITOPS_FOLDER}/bad.yaml`]: null });
    await until(async () => {
      git.ahead += 1_000;
      return delivery.put(wanted, await environment.find()).catch(() => null);
    }, 'the environment to be delivered');
    await removeThrough(delivery, environment);
  });

  it('that prunes nothing does not keep an environment alive', async () => {
    await git.installRoot();
    const environment = await stage.deployable('kept');
    await deliver(delivery, environment, environment.wanted());
    await environment.untilHealthy();
    const ref = { name: git.rootName, namespace: 'argocd' };
    await git.client.patchJson(applications, ref, [{ op: 'remove', path: '/spec/syncPolicy' }]);
    await delivery.remove(environment.name, await environment.find());
    expect(await remote.files(`${GITOPS_FOLDER}/`)).toEqual([`${GITOPS_FOLDER}/README.md`]);
    git.ahead = 19_000;
    await delivery.remove(environment.name, await environment.find());
    expect((await environment.find())?.metadata.deletionTimestamp).toBeUndefined();
    git.ahead = 22_000;
    await until(async () => {
      await delivery.remove(environment.name, await environment.find());
      return (await environment.find())?.metadata.deletionTimestamp !== undefined;
    }, 'the Application to be deleted');
    await environment.untilGone();
  });
});

describe('a GitOps repository', () => {
  it('that is out of reach stands in the way of changes, and of nothing else', async () => {
    await git.installRoot();
    const log = recordingLog();
    delivery = git.open({ log });
    const environment = await stage.deployable('unreachable');
    const wanted = environment.wanted();
    const seen = await deliver(delivery, environment, wanted);
    await rename(remote.path, `${remote.path}.away`);
    git.ahead = 6 * 60_000;
    expect(await delivery.put(wanted, seen)).toBe(seen);
    await until(async () => log.lines.find(({ level }) => level === 'warn'), 'a warning');
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'Could not read the GitOps repository again.',
        fields: { error: `GitFailure: there is no folder ${remote.path}` },
      },
    ]);
    const changed = environment.wanted({}, { revision: 2 });
    await expect(delivery.put(changed, seen)).rejects.toMatchObject({ name: 'GitFailure' });
    await expect(delivery.remove(environment.name, seen)).rejects.toMatchObject({ name: 'GitFailure' });
    await rename(`${remote.path}.away`, remote.path);
    await deliver(delivery, environment, changed);
    await removeThrough(delivery, environment);
    expect((await remote.log()).slice(1)).toEqual([
      'env unreachable: deploy aaaaaaa',
      'env unreachable: redeploy aaaaaaa',
      'env unreachable: remove',
    ]);
  });

  it('that says what is to be is listed as far as it is not there, and is ours', async () => {
    const missing = stage.environment('missing');
    await failureOf(delivery.put(missing.wanted(), null));
    const { metadata, ...others } = stage.environment('foreign').wanted();
    const labels = { ...metadata.labels, 'blueberry.dev/installation': 'another' };
    const there = stage.environment('there');
    await git.client.create(applications, { ...there.wanted(), spec: { ...there.wanted().spec, syncPolicy: {} } });
    await failureOf(delivery.put(there.wanted(), await there.find()));
    await remote.pushByHand({
      [`${GITOPS_FOLDER}/env-foreign.yaml`]: JSON.stringify({ ...others, metadata: { ...metadata, labels } }),
      [`${GITOPS_FOLDER}/env-broken.yaml`]: '{ no: [yaml',
      [`${GITOPS_FOLDER}/by-hand.yaml`]: 'metadata: {labels: {blueberry.dev/environment-id: env_x}}',
    });
    expect(await git.open().list()).toEqual([{ id: missing.id, name: 'missing' }]);
    await delivery.remove(missing.name, null);
    expect(await delivery.list()).toEqual([]);
    expect(await remote.files(`${GITOPS_FOLDER}/`)).not.toContain(fileOf(missing));
    expect(await remote.files(`${GITOPS_FOLDER}/`)).toContain(fileOf(there));
  });
});

describe('a change of the mode', () => {
  it('takes nothing down, there and back', async () => {
    const root = await git.installRoot();
    const api = createApiDelivery({ client: git.client, argocdNamespace: ARGOCD_NAMESPACE });
    const environment = await stage.deployable('moving');
    const wanted = environment.wanted();
    const made = await deliver(api, environment, wanted);
    await environment.untilHealthy();

    expect(await delivery.put(wanted, await environment.find())).toBeNull();
    const owned = await until(async () => {
      const found = await environment.find();
      const tracked = found?.metadata.annotations?.['argocd.argoproj.io/tracking-id']?.startsWith(`${git.rootName}:`);
      return tracked === true && found;
    }, 'Argo CD to take it for its own');
    expect(owned.metadata.uid).toBe(made.metadata.uid);
    expect(await delivery.put(wanted, owned)).toBe(owned);

    await root.remove();
    expect(await api.put(wanted, owned)).toBe(owned);
    await environment.untilHealthy();
    await removeThrough(api, environment);
  });
});
