import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../testbed/cluster/start-cluster.ts';
import { injectFaults } from '../support/cluster-faults.ts';
import { createCrashStage, type CrashStage, type ImageRepository } from '../support/crash-stage.ts';
import type { HistoryEntry } from '../support/history.ts';
import { judgeHistory } from '../support/judge-history.ts';
import { createPersistentClient, type PersistentClient } from '../support/persistent-client.ts';
import { createRandom } from '../support/random.ts';
import type { Replica } from '../support/replica.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const ENVIRONMENTS = Number(process.env['SOAK_ENVIRONMENTS'] ?? '12');
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? '60');
/** The same faults come in the same order with the same seed. */
const SEED = Number(process.env['SOAK_SEED'] ?? String(Date.now() % 1_000_000));
const PATIENCE_MS = 240_000;
/** For so long an environment is used, once it is there. */
const USED_MS = { shortest: 1_000, longest: 15_000 };
const NEW_COMMIT_EVERY_MS = 40_000;

let cluster: Cluster;
let network: TcpProxy;
let stage: CrashStage;
let blueberry: Replica;
let client: PersistentClient;
let repository: ImageRepository;

beforeAll(async () => {
  cluster = await startCluster();
  network = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(cluster.access.server).port) });
  const server = `https://127.0.0.1:${String(network.port)}`;
  stage = await createCrashStage({ cluster: cluster.access, mode: 'api', server });
  blueberry = await stage.replica();
  client = createPersistentClient({ ...stage, product: () => blueberry.product, patienceMs: PATIENCE_MS });
  repository = await stage.connectRepository(await blueberry.start(), 'web');
});
afterAll(async () => {
  await stage.dispose();
  await network.close();
  await cluster.stop();
});

describe('Blueberry among faults of everything around it', () => {
  it(
    `leaves nothing behind and deletes nothing wrong: ${String(ENVIRONMENTS)} environments in ${String(SECONDS)} s, seed ${String(SEED)}`,
    { timeout: SECONDS * 1000 + 2 * PATIENCE_MS },
    async () => {
      const random = createRandom(SEED);
      const signal = AbortSignal.timeout(SECONDS * 1000);
      const faults = injectFaults({ cluster, network, blueberry, history: stage.history, random }, signal);
      const commits = commitNowAndThen(signal);
      const began = performance.now();
      const lives = Array.from({ length: ENVIRONMENTS }, async (_, index) => {
        const usedMs = random.between(USED_MS.shortest, USED_MS.longest);
        await sleep((index / ENVIRONMENTS) * SECONDS * 1000);
        const environment = await client.create(`soak-${String(index + 1)}`, repository.id);
        await client.untilServed(environment, repository);
        await sleep(usedMs);
        await client.remove(environment);
        await client.untilTerminated(environment);
      });
      const outcomes = await Promise.allSettled([...lives, commits]);
      const counts = await faults;

      const file = await writeHistory(stage.history.entries);
      const problems = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => String(reason));
      const violations = judgeHistory(await readHistory(file));
      const leftovers = await stage.leftovers();
      console.log(
        `${String(ENVIRONMENTS)} environments in ${((performance.now() - began) / 1000).toFixed(0)} s among ` +
          `${[...counts].map(([name, times]) => `${String(times)} × ${name}`).join(', ')}; ` +
          `${String(stage.history.entries.length)} entries of history; said to have failed meanwhile: ${String(client.falseAlarms.length)}`,
      );
      expect({ problems, violations, leftovers }, `The history is in ${file}`).toEqual({
        problems: [],
        violations: [],
        leftovers: [],
      });
      await rm(join(file, '..'), { recursive: true });
    },
  );
});

/** What lives is deployed again with each. */
async function commitNowAndThen(signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(NEW_COMMIT_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await repository.advance();
  }
}

async function writeHistory(entries: readonly HistoryEntry[]): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'blueberry-soak-')), 'history.jsonl');
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return file;
}

async function readHistory(file: string): Promise<readonly HistoryEntry[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as HistoryEntry);
}
