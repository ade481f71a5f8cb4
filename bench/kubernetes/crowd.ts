import { join } from 'node:path';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import { verify } from '../../src/adapters/argocd/observation/verified.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { createSqliteEventBus } from '../../src/adapters/sqlite/sqlite-event-bus.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { kubernetesName } from '../../src/core/naming.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { createAnnouncer } from '../../src/services/announcer.ts';
import { connectRepository, createEnvironment, untilStatus } from '../../test/support/environments.ts';
import { openKubernetes } from '../../test/support/kubernetes.ts';
import { recordingLog } from '../../test/support/recording-log.ts';
import { branchName, makeBranches, pushImages, type Branches } from './branches.ts';
import { copied, copiedRecords, identityOf, newIdentity, recordsOf, type Identity } from './copies.ts';
import { leftBehind, type LeftBehind } from './manifests.ts';
import type { Stage } from './stage.ts';

const REPOSITORIES = 100;
const CALLS_AT_ONCE = 16;
const COMMITS_AT_ONCE = 100;
const FIRST = 'the-first-one';

/** What a product that has ended has left behind of many environments, all of them ready. */
export interface Crowd {
  dispose(): Promise<void>;
}

/**
 * Puts it there, in the cluster and in a data folder: one environment that the product has really put in place, and copies
 * of all that there is of it, each with a name, a branch and a commit of its own, a hundredth of them of each repository.
 * Of the cluster no more runs at the end than etcd and the API server: nothing of Argo CD, and nobody who acts out pods.
 */
export async function gatherCrowd(stage: Stage, dataDir: string, count: number): Promise<Crowd> {
  const perRepository = Math.ceil(count / REPOSITORIES);
  const repositories: Branches[] = [];
  const dispose = async (): Promise<void> => {
    for (const branches of repositories) await branches.dispose();
  };
  try {
    while (repositories.length * perRepository < count) repositories.push(await makeBranches(perRepository));
    const ids = await putFirstInPlace(stage, dataDir, repositories);
    await stopAllBut(stage, ['etcd', 'kube-apiserver']);
    const first = await copyInStore(dataDir, (identity) => others(identity, ids, repositories, count));
    await copyInCluster(stage, first.identity, first.copies);
    return { dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Also connects the repositories, and has all their commits fetched. Returns their ids. */
async function putFirstInPlace(
  stage: Stage,
  dataDir: string,
  repositories: readonly Branches[],
): Promise<readonly string[]> {
  const product = await stage.startProduct({ dataDir });
  try {
    const ids: string[] = [];
    for (const { path, commits } of repositories) {
      const image = `${stage.cluster.access.registry}/acme/web:{sha}`;
      const id = await connectRepository(product, path, { image });
      const { status } = await product.api('GET', `/api/repositories/${id}/commits?branch=${branchName(commits.size)}`);
      if (status !== 200) throw new Error(`The commits of ${path} could not be fetched.`);
      ids.push(id);
    }
    const [branches] = repositories;
    const [repository_id] = ids;
    if (branches === undefined) throw new Error('There is no repository.');
    await pushImages(stage.cluster.access.registry, branches);
    const made = await createEnvironment(product, { repository_id, name: FIRST, branch: branchName(1) });
    await untilStatus(product, made.id, 'ready');
    return ids;
  } finally {
    await product.stop('SIGTERM');
  }
}

async function stopAllBut({ cluster: { components } }: Stage, names: readonly string[]): Promise<void> {
  for (const component of Object.values(components)) if (!names.includes(component.name)) await component.stop();
}

function others(
  first: Identity,
  repositoryIds: readonly string[],
  repositories: readonly Branches[],
  count: number,
): readonly Identity[] {
  const all = repositories.flatMap(({ path, commits }, index) =>
    [...commits].map(([branch, commit], number) => ({
      name: `bench-${index}-${number}`,
      repositoryId: repositoryIds[index] ?? '',
      repositoryUrl: path,
      branch,
      commit,
    })),
  );
  return all
    .filter(({ commit }) => commit !== first.commit)
    .slice(0, count - 1)
    .map(newIdentity);
}

async function copyInStore(
  dataDir: string,
  othersOf: (first: Identity) => readonly Identity[],
): Promise<{ readonly identity: Identity; readonly copies: readonly Identity[] }> {
  const database = openDatabase(join(dataDir, 'blueberry.db'));
  const store = createSqliteStore(database);
  const bus = createSqliteEventBus(database);
  const announcer = createAnnouncer({ store, bus, clock: createSystemClock(), log: recordingLog() });
  try {
    const { items } = await store.listEnvironments(EVERYTHING, { name: FIRST }, { limit: 1 });
    const [first] = items;
    if (first === undefined) throw new Error(`${FIRST} is not in the store.`);
    const identity = identityOf(first.record);
    const copies = othersOf(identity);
    const records = await recordsOf(store, first);
    await atOnce(copies, COMMITS_AT_ONCE, async (copy) => {
      const writes = copiedRecords(records, identity, copy);
      const outcome = await store.commit(writes, []);
      if (outcome.committed) announcer.announceWrites(writes, outcome.versions);
    });
    return { identity, copies };
  } finally {
    await announcer.close();
    await bus.close();
    await store.close();
  }
}

async function copyInCluster(stage: Stage, first: Identity, copies: readonly Identity[]): Promise<void> {
  const { kubernetes } = stage;
  const left: LeftBehind = await leftBehind(kubernetes, kubernetesName(first.name, first.id));
  const client = await openKubernetes(stage.cluster.access.kubeconfig);
  try {
    const byRepository = new Map(copies.map((copy) => [copy.repositoryId, copy]));
    byRepository.delete(first.repositoryId);
    for (const one of byRepository.values()) await kubernetes.create(copied(left.project, first, one));
    await atOnce(copies, CALLS_AT_ONCE, async (copy) => {
      await kubernetes.create(copied(left.namespace, first, copy));
      const application = await kubernetes.create(copied(left.application, first, copy));
      if ((await verify(client, application as unknown as Application)) === null)
        throw new Error(`${copy.name} could not be called verified.`);
    });
  } finally {
    client.close();
  }
}

async function atOnce<T>(items: readonly T[], workers: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
