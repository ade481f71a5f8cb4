import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubernetesName } from '../../src/core/naming.ts';
import { kubectl } from '../../test/support/cluster-tools.ts';
import { connectRepository, createEnvironment } from '../../test/support/environments.ts';
import { eventually, type Product } from '../../test/support/product.ts';
import { cpuSeconds, peakMegabytes } from '../process-usage.ts';
import { sizeFrom } from '../size.ts';
import type { Figure } from '../table.ts';
import { isSettled, watchApplications } from './applications.ts';
import { perOne, requestsOf } from './audit.ts';
import { branchName, makeBranches, pushImages, type Branches } from './branches.ts';
import { clusterUsage } from './cluster-usage.ts';
import { manifestsOf, projectOf, type Manifest } from './manifests.ts';
import { setStage } from './stage.ts';

const POSTS_AT_ONCE = 16;
/** So that it is Argo CD that is waited for, and not the pace that one kubectl keeps. */
const KUBECTLS_AT_ONCE = 4;
const WITHIN_MS = 30 * 60_000;
const LOOK_MS = 250;

/**
 * Many environments at once, each of a branch and an image of its own: the first POST to all ready, against the same
 * namespaces, guardrails and Applications applied by kubectl until Argo CD calls all Synced and Healthy. Each on a
 * cluster of its own with the same settings. `BENCH_ENVIRONMENTS` says how many.
 */
export async function benchManyEnvironments(): Promise<Figure[]> {
  const count = sizeFrom('BENCH_ENVIRONMENTS', 500);
  const branches = await makeBranches(count);
  try {
    const ours = await byProduct(branches, count);
    console.log(`  by the product: ${ours.seconds.toFixed(1)} s`);
    const theirs = await byHand(branches, ours);
    console.log(`  calls of the Kubernetes API for each: ${perOne(ours.requests, count)}`);
    console.log(`  by kubectl: ${theirs.toFixed(1)} s`);
    const ratio = ours.seconds / theirs;
    return [
      {
        what: `${count} environments at once until all are ready, against kubectl apply and Argo CD alone`,
        measured: `${ratio.toFixed(2)} × (${ours.seconds.toFixed(1)} s : ${theirs.toFixed(1)} s)`,
        goal: '≤ 1.1 ×',
        reached: ratio <= 1.1,
      },
      {
        what: `${count} environments at once: most memory`,
        measured: `${ours.megabytes.toFixed(0)} MB`,
        goal: '≤ 512 MB (for 10,000)',
        reached: ours.megabytes <= 512,
      },
      {
        what: `${count} environments at once: calls of the Kubernetes API for each`,
        measured: (ours.requests.length / count).toFixed(1),
        goal: 'none',
        reached: true,
      },
    ];
  } finally {
    await branches.dispose();
  }
}

interface Deployed {
  readonly seconds: number;
  readonly megabytes: number;
  readonly requests: readonly string[];
  /** All that was made, for each environment in the order in which somebody would apply it. */
  readonly manifests: readonly (readonly Manifest[])[];
  readonly project: Manifest;
  readonly registry: string;
  readonly gitFolder: string;
}

async function byProduct(branches: Branches, count: number): Promise<Deployed> {
  const stage = await setStage();
  let product: Product | null = null;
  try {
    const { access } = stage.cluster;
    const image = await pushImages(access.registry, branches);
    product = await stage.startProduct();
    const repositoryId = await connectRepository(product, branches.path, { image });
    const requestsBefore = (await requestsOf(access)).length;
    const cpuBefore = await cpuSeconds(product);
    const began = performance.now();
    const names = await post(product, repositoryId, count);
    await untilReady(product, count);
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `  processor time: product ${((await cpuSeconds(product)) - cpuBefore).toFixed(0)} s, ${await clusterUsage(stage.cluster)}`,
    );
    const requests = (await requestsOf(access)).slice(requestsBefore);
    const megabytes = await peakMegabytes(product);
    const manifests: Manifest[][] = [];
    for (const name of names) {
      const { surroundings, application } = await manifestsOf(stage.kubernetes, name);
      manifests.push([...surroundings, application]);
    }
    const project = await projectOf(stage.kubernetes);
    const { registry, gitFolder } = access;
    return { seconds, megabytes, requests, manifests, project, registry, gitFolder };
  } finally {
    await product?.dispose();
    await stage.dispose();
  }
}

async function post(product: Product, repositoryId: string, count: number): Promise<readonly string[]> {
  const names: string[] = [];
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= count) {
      const number = next;
      next += 1;
      const input = { repository_id: repositoryId, name: `bench-${number}`, branch: branchName(number) };
      const { name, id } = await createEnvironment(product, input);
      names.push(kubernetesName(name, id));
    }
  };
  await Promise.all(Array.from({ length: POSTS_AT_ONCE }, worker));
  return names;
}

async function untilReady(product: Product, count: number): Promise<void> {
  const allReady = async (): Promise<true | null> => {
    const { body } = await product.api<{ total: number }>('GET', '/api/environments?status=ready&limit=1');
    if (body.total === count) return true;
    await sleep(LOOK_MS);
    return null;
  };
  await eventually(allReady, WITHIN_MS, `all ${count} environments to be ready`);
}

async function byHand(branches: Branches, { manifests, project, registry, gitFolder }: Deployed): Promise<number> {
  const stage = await setStage();
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-manifests-'));
  const watch = watchApplications(stage.kubernetes);
  try {
    const { access } = stage.cluster;
    await pushImages(access.registry, branches);
    const write = async (name: string, items: readonly Manifest[]): Promise<string> => {
      const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      const file = join(folder, `${name}.json`);
      await writeFile(file, text.replaceAll(registry, access.registry).replaceAll(gitFolder, access.gitFolder));
      return file;
    };
    const projectFile = await write('project', [project]);
    const shares = Array.from({ length: KUBECTLS_AT_ONCE }, (_, share) =>
      manifests.filter((_manifests, number) => number % KUBECTLS_AT_ONCE === share).flat(),
    );
    const files = await Promise.all(shares.map((items, share) => write(String(share), items)));
    const began = performance.now();
    await kubectl(access, 'apply', '--server-side', '--filename', projectFile);
    await Promise.all(files.map((file) => kubectl(access, 'apply', '--server-side', '--filename', file)));
    const allSettled = async (): Promise<true | null> => {
      if ([...watch.all()].filter(isSettled).length === manifests.length) return true;
      await sleep(LOOK_MS);
      return null;
    };
    await eventually(allSettled, WITHIN_MS, `Argo CD to have synced ${manifests.length} Applications`);
    const seconds = (performance.now() - began) / 1000;
    console.log(`  processor time: ${await clusterUsage(stage.cluster)}`);
    return seconds;
  } finally {
    watch.end();
    await stage.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}
