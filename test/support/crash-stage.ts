import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../testbed/cluster/kubernetes-client.ts';
import { layArgocdGround, type ArgocdGroundOptions } from './argocd-ground.ts';
import { recordCluster } from './cluster-history.ts';
import { connectRepository } from './environments.ts';
import { createGitFixture, type GitFixture } from './git-fixture.ts';
import { createHistory, type History } from './history.ts';
import type { Product } from './product.ts';
import { pushImage } from './push-image.ts';
import { createReplica, type Replica } from './replica.ts';

/** A repository of which every commit has an image. */
export interface ImageRepository {
  readonly id: string;
  readonly head: string;
  /** A new commit at the head of its branch, with its image. */
  advance(): Promise<void>;
}

/** One Blueberry in a test cluster, with as many replicas as are asked for, and all that happens around it. */
export interface CrashStage {
  readonly installation: string;
  readonly history: History;
  readonly dataDir: string;
  /** Of the same Blueberry: they share its records. */
  replica(env?: Readonly<Record<string, string>>): Promise<Replica>;
  connectRepository(product: Product, name: string): Promise<ImageRepository>;
  /** Digest of the image of a commit. */
  digestOf(commit: string): string | undefined;
  /** Names everything in the cluster, and in the GitOps repository, that is left of environments. */
  leftovers(): Promise<string[]>;
  dispose(): Promise<void>;
}

export async function createCrashStage(options: ArgocdGroundOptions): Promise<CrashStage> {
  const { cluster } = options;
  const ground = await layArgocdGround(options);
  const dataDir = await mkdtemp(join(tmpdir(), 'blueberry-crash-stage-'));
  const history = createHistory();
  const observer = await connect(cluster.kubeconfig);
  const watching = new AbortController();
  await recordCluster(observer, history, watching.signal);
  const digests = new Map<string, string>();
  const fixtures: GitFixture[] = [];
  const replicas: Replica[] = [];
  const env = { ...ground.env, QUOTA_PER_OWNER: '0', QUOTA_TOTAL: '0', LOG_LEVEL: 'warn' };

  return {
    installation: ground.installation,
    history,
    dataDir,
    async replica(more = {}) {
      const replica = await createReplica({ dataDir, env: { ...env, ...more } });
      replicas.push(replica);
      return replica;
    },
    async connectRepository(product, name) {
      const fixture = await createGitFixture({ 'README.md': name });
      fixtures.push(fixture);
      const images = `acme/${ground.installation}-${name}`;
      let head = '';
      const publish = async (commit: string): Promise<void> => {
        digests.set(commit, await pushImage(cluster.registry, `${images}:${commit}`, commit));
        head = commit;
      };
      await publish(await fixture.git('rev-parse', 'HEAD'));
      const id = await connectRepository(product, fixture.path, {
        image: `${cluster.registry}/${images}:{sha}`,
        values: { probe: { path: '/', periodSeconds: 1 } },
      });
      return {
        id,
        get head() {
          return head;
        },
        advance: async () => publish(await fixture.commit({ 'README.md': `${name} after ${head}` })),
      };
    },
    digestOf: (commit) => digests.get(commit),
    leftovers: () => ground.leftovers(),
    async dispose() {
      watching.abort();
      for (const replica of replicas) await replica.end();
      await ground.dispose();
      observer.close();
      for (const fixture of fixtures) await fixture.dispose();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
