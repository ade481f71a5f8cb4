import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../testbed/cluster/start-cluster.ts';
import { readJournal, type CommitEntry } from '../support/commit-journal.ts';
import { createCrashStage, type CrashStage, type ImageRepository } from '../support/crash-stage.ts';
import type { EnvironmentBody } from '../support/environments.ts';
import { judgeHistory } from '../support/judge-history.ts';
import { createPersistentClient, type PersistentClient } from '../support/persistent-client.ts';
import { eventually } from '../support/product.ts';
import type { Replica } from '../support/replica.ts';

const ROUNDS = Number(process.env['STOPPED_LEADER_ROUNDS'] ?? '1');
const LEASE_MS = 15_000;
const TAKEOVER_MS = 20_000;
const PATIENCE_MS = 120_000;
/** What a leader that wakes up would still do, it has done by then. */
const AFTERMATH_MS = 10_000;

/** Where the leader is stopped, gone through in turn. */
const POINTS = [
  'kubernetes.create.Application:before:1',
  'kubernetes.patchJson.Application:before:1',
  'store.commit:before:2',
  'kubernetes.delete.Application:before:1',
  'kubernetes.create.Namespace:after:1',
  'runtime.ensure:after:1',
  'kubernetes.delete.Namespace:before:1',
  'kubernetes.create.ResourceQuota:before:1',
  'runtime.remove:after:1',
  'kubernetes.create.Application:after:1',
];

let cluster: Cluster;
let stage: CrashStage;
let leader: Replica;
let follower: Replica;
let client: PersistentClient;
let repository: ImageRepository;
let journal: string;
let made = 0;

beforeAll(async () => {
  cluster = await startCluster();
  stage = await createCrashStage({ cluster: cluster.access, mode: 'api' });
  journal = join(stage.dataDir, 'commits.jsonl');
  [leader, follower] = [
    await stage.replica({ COMMIT_JOURNAL: journal }),
    await stage.replica({ COMMIT_JOURNAL: journal }),
  ];
  // Whoever leads is asked for nothing: what it writes it writes as the leader.
  client = createPersistentClient({ ...stage, product: () => follower.product, patienceMs: PATIENCE_MS });
  await leader.start();
  await untilLeading(leader);
  await follower.start();
  repository = await stage.connectRepository(follower.product, 'web');
});
afterAll(async () => {
  await stage.dispose();
  await cluster.stop();
});

async function isLeading({ product }: Replica): Promise<boolean> {
  const text = await (await fetch(`${product.url}/metrics`)).text();
  return /^blueberry_leader 1$/m.test(text);
}

async function untilLeading(replica: Replica): Promise<void> {
  await eventually(async () => ((await isLeading(replica)) ? true : null), 60_000, 'a leader');
}

async function createServed(): Promise<EnvironmentBody> {
  made += 1;
  const created = await client.create(`stopped-${String(made)}`, repository.id);
  return client.untilServed(created, repository);
}

async function redeployed(environment: EnvironmentBody): Promise<void> {
  await repository.advance();
  await client.redeploy(environment);
  await client.untilServed(environment, repository);
}

async function removed(environment: EnvironmentBody): Promise<void> {
  await client.remove(environment);
  await client.untilTerminated(environment);
}

/** Commits that were made on behalf of a leader after its successor's. */
function staleOf(entries: readonly CommitEntry[]): readonly CommitEntry[] {
  let newest = 0;
  return entries.filter(({ epoch, committed }) => {
    if (epoch === null || !committed) return false;
    newest = Math.max(newest, epoch);
    return epoch < newest;
  });
}

describe('a leader that is stopped for three leases', () => {
  it(
    `has a successor in time, and changes nothing when it wakes up, ${String(ROUNDS)} times`,
    { timeout: ROUNDS * 400_000 },
    async () => {
      const takeovers: number[] = [];
      let refused = 0;
      const steady = await createServed();
      await client.pin(steady);
      for (let round = 0; round < ROUNDS; round += 1) {
        const point = POINTS[round % POINTS.length] ?? '';
        const doomed = await createServed();
        await leader.arm(`${point}:SIGSTOP`);
        const jobs = Promise.all([createServed(), redeployed(steady), removed(doomed)]);
        jobs.catch(() => undefined);
        await leader.untilItStops(60_000);
        const stoppedAt = performance.now();
        await untilLeading(follower);
        takeovers.push(performance.now() - stoppedAt);
        const [created] = await jobs;
        // The world moves on, away from what the stopped one was about to do.
        await Promise.all([removed(created), redeployed(steady)]);
        await sleep(Math.max(0, stoppedAt + 3 * LEASE_MS - performance.now()));

        const before = await readJournal(journal);
        leader.product.process.kill('SIGCONT');
        await eventually(
          async () => ((await isLeading(leader)) ? null : true),
          20_000,
          `${point}: to give up the lead`,
        );
        await sleep(AFTERMATH_MS);
        expect(judgeHistory(stage.history.entries), `stopped at ${point}`).toEqual([]);
        const entries = await readJournal(journal);
        expect(staleOf(entries), `stopped at ${point}`).toEqual([]);
        const { pid } = leader.product.process;
        const sinceAwake = entries.slice(before.length).filter((entry) => entry.pid === pid);
        expect(sinceAwake.filter(({ committed }) => committed)).toEqual([]);
        refused += sinceAwake.length;
        await client.untilServed(steady, repository);
        [leader, follower] = [follower, leader];
      }
      await removed(steady);
      expect(await stage.leftovers()).toEqual([]);
      expect(client.falseAlarms).toEqual([]);
      const longest = Math.max(...takeovers);
      console.log(
        `Stopped ${String(ROUNDS)} times for ${String((3 * LEASE_MS) / 1000)} s: taken over after ` +
          `${takeovers.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s; ${String(refused)} commits refused to those who woke up`,
      );
      expect(longest).toBeLessThan(TAKEOVER_MS);
    },
  );
});
