import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NAME_LABEL } from '../../src/adapters/argocd/objects/ownership.ts';
import { kubernetesName } from '../../src/core/naming.ts';
import { kubectl } from '../../test/support/cluster-tools.ts';
import { connectRepository, createEnvironment, untilStatus } from '../../test/support/environments.ts';
import type { Product } from '../../test/support/product.ts';
import { median, type Figure } from '../table.ts';
import { isSettled, watchApplications, type ApplicationWatch } from './applications.ts';
import { branchName, makeBranches, pushImages } from './branches.ts';
import { manifestsOf, renamed, type Manifest, type Manifests } from './manifests.ts';
import { setStage, type Stage } from './stage.ts';

const ROUNDS = 25;
const WARM_UP_ROUNDS = 2;
const QUIET_MS = 500;

/**
 * `POST /api/environments` to the Application being in the Kubernetes API, in turn with `kubectl apply` of the manifest
 * that the product renders: of it alone, with all around it there already, and with the namespace and the guardrails that
 * a POST makes too. Each is counted from before the request is sent, or kubectl started, to the event of one watch.
 */
export async function benchCreateApplication(): Promise<Figure[]> {
  const stage = await setStage();
  const branches = await makeBranches(ROUNDS + WARM_UP_ROUNDS);
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-manifests-'));
  const watch = watchApplications(stage.kubernetes);
  let product: Product | null = null;
  try {
    const image = await pushImages(stage.cluster.access.registry, branches);
    product = await stage.startProduct();
    const repositoryId = await connectRepository(product, branches.path, { image });
    const taken = { post: [] as number[], application: [] as number[], everything: [] as number[] };
    for (let round = 1; round <= ROUNDS + WARM_UP_ROUNDS; round += 1) {
      const made = await post(stage, product, watch, { repositoryId, round });
      const application = await applyAlone(stage, watch, folder, made.manifests, round);
      const everything = await applyAll(stage, watch, folder, made.manifests, round);
      if (round <= WARM_UP_ROUNDS) continue;
      taken.post.push(made.took);
      taken.application.push(application);
      taken.everything.push(everything);
    }
    return [
      figure('with its namespace and guardrails', taken.post, taken.everything),
      figure('alone', taken.post, taken.application),
    ];
  } finally {
    watch.end();
    await product?.dispose();
    await stage.dispose();
    await branches.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

function figure(what: string, post: readonly number[], kubectl: readonly number[]): Figure {
  const ratio = median(post) / median(kubectl);
  return {
    what: `POST to the Application in the API, against kubectl apply of it ${what}, medians`,
    measured: `${ratio.toFixed(2)} × (${median(post).toFixed(0)} ms : ${median(kubectl).toFixed(0)} ms)`,
    goal: '≤ 1.5 ×',
    reached: ratio <= 1.5,
  };
}

async function post(
  { kubernetes }: Stage,
  product: Product,
  watch: ApplicationWatch,
  { repositoryId, round }: { readonly repositoryId: string; readonly round: number },
): Promise<{ readonly took: number; readonly manifests: Manifests & { readonly name: string } }> {
  const began = performance.now();
  const input = { repository_id: repositoryId, name: `bench-${round}`, branch: branchName(round) };
  const { id, name } = await createEnvironment(product, input);
  const took = (await watch.seen(({ metadata }) => metadata.labels?.[NAME_LABEL] === name)) - began;
  await untilStatus(product, id, 'ready');
  await sleep(QUIET_MS);
  const application = kubernetesName(name, id);
  return { took, manifests: { ...(await manifestsOf(kubernetes, application)), name: application } };
}

async function applyAlone(
  stage: Stage,
  watch: ApplicationWatch,
  folder: string,
  { name: from, surroundings, application }: Manifests & { readonly name: string },
  round: number,
): Promise<number> {
  const name = `env-alone-${round}`;
  await apply(stage, folder, renamed(surroundings, from, name));
  return timed(stage, watch, folder, name, [renamed(application, from, name)]);
}

async function applyAll(
  stage: Stage,
  watch: ApplicationWatch,
  folder: string,
  { name: from, surroundings, application }: Manifests & { readonly name: string },
  round: number,
): Promise<number> {
  const name = `env-all-${round}`;
  return timed(stage, watch, folder, name, renamed([...surroundings, application], from, name));
}

async function timed(
  stage: Stage,
  watch: ApplicationWatch,
  folder: string,
  name: string,
  manifests: readonly Manifest[],
): Promise<number> {
  const isIt = ({ metadata }: { readonly metadata: { readonly name: string } }): boolean => metadata.name === name;
  const began = await apply(stage, folder, manifests);
  const took = (await watch.seen(isIt)) - began;
  await watch.seen((application) => isIt(application) && isSettled(application));
  await sleep(QUIET_MS);
  return took;
}

/** When kubectl was started. */
async function apply({ cluster: { access } }: Stage, folder: string, manifests: readonly Manifest[]): Promise<number> {
  const file = join(folder, 'manifests.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }));
  const began = performance.now();
  await kubectl(access, 'apply', '--filename', file);
  return began;
}
