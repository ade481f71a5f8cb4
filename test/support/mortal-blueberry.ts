import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { connect } from '../../testbed/cluster/kubernetes-client.ts';
import { layArgocdGround, type ArgocdGround, type ArgocdGroundOptions } from './argocd-ground.ts';
import { recordCluster } from './cluster-history.ts';
import { connectRepository } from './environments.ts';
import { createGitFixture } from './git-fixture.ts';
import { createHistory, type History } from './history.ts';
import { createPersistentClient, type PersistentClient } from './persistent-client.ts';
import { freePort, startProduct, type Product } from './product.ts';
import { pushImage } from './push-image.ts';

/** A repository of which every commit has an image. */
export interface ImageRepository {
  readonly id: string;
  readonly head: string;
  /** A new commit at the head of its branch, with its image; resolves with the commit. */
  advance(): Promise<string>;
}

/** Blueberry in a test cluster, as a process that is killed and started again, and all that happens around it. */
export interface MortalBlueberry {
  readonly ground: ArgocdGround;
  readonly history: History;
  readonly client: PersistentClient;
  readonly dataDir: string;
  /** The process that runs now. */
  readonly product: Product;
  start(): Promise<Product>;
  /** Sets the point at which the process ends; see `CrashPoint`. Null: none. */
  arm(point: string | null): Promise<void>;
  /** Waits for the end of the process, and starts the next. Says whether it ended in time; else it is killed. */
  untilItDies(withinMs: number): Promise<boolean>;
  connectRepository(name: string): Promise<ImageRepository>;
  dispose(): Promise<void>;
}

export async function createMortalBlueberry(
  options: Omit<ArgocdGroundOptions, 'cluster'> & {
    readonly cluster: ClusterAccess;
    readonly patienceMs: number;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<MortalBlueberry> {
  const { cluster, patienceMs, env = {} } = options;
  const ground = await layArgocdGround(options);
  const dataDir = await mkdtemp(join(tmpdir(), 'blueberry-mortal-'));
  const pointFile = join(dataDir, 'crash-point');
  const port = await freePort();
  const history = createHistory();
  const observer = await connect(cluster.kubeconfig);
  const watching = new AbortController();
  await recordCluster(observer, history, watching.signal);
  const digests = new Map<string, string>();
  const fixtures: { dispose(): Promise<void> }[] = [];
  let product: Product | null = null;

  const blueberry: MortalBlueberry = {
    ground,
    history,
    dataDir,
    client: createPersistentClient({
      product: () => blueberry.product,
      history,
      digestOf: (commit) => digests.get(commit),
      patienceMs,
    }),
    get product() {
      if (product === null) throw new Error('It has not been started yet.');
      return product;
    },
    async start() {
      product = await startProduct({
        dataDir,
        port,
        entry: 'test/support/crashing-main.ts',
        env: {
          ...ground.env,
          QUOTA_PER_OWNER: '0',
          QUOTA_TOTAL: '0',
          LOG_LEVEL: 'warn',
          CRASH_AT_FILE: pointFile,
          ...env,
        },
      });
      return product;
    },
    arm: (point) => (point === null ? rm(pointFile, { force: true }) : writeFile(pointFile, point)),
    async untilItDies(withinMs) {
      const doomed = blueberry.product;
      let inTime = true;
      if (doomed.process.exitCode === null && doomed.process.signalCode === null) {
        const killer = setTimeout(() => {
          inTime = false;
          void doomed.kill();
        }, withinMs);
        await once(doomed.process, 'exit');
        clearTimeout(killer);
      }
      await blueberry.arm(null);
      return inTime;
    },
    async connectRepository(name) {
      const fixture = await createGitFixture({ 'README.md': name });
      fixtures.push(fixture);
      const images = `acme/${ground.installation}-${name}`;
      const push = async (): Promise<string> => {
        const commit = await fixture.git('rev-parse', 'HEAD');
        digests.set(commit, await pushImage(cluster.registry, `${images}:${commit}`, commit));
        return commit;
      };
      let head = await push();
      const id = await connectRepository(blueberry.product, fixture.path, {
        image: `${cluster.registry}/${images}:{sha}`,
        values: { probe: { path: '/', periodSeconds: 1 } },
      });
      let commits = 0;
      return {
        id,
        get head() {
          return head;
        },
        async advance() {
          commits += 1;
          await fixture.commit({ 'README.md': `${name} ${commits}` });
          head = await push();
          return head;
        },
      };
    },
    async dispose() {
      watching.abort();
      await product?.stop('SIGTERM');
      await ground.dispose();
      observer.close();
      for (const fixture of fixtures) await fixture.dispose();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return blueberry;
}
