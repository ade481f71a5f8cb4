import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../testbed/cluster/start-cluster.ts';
import type { EnvironmentBody } from '../support/environments.ts';
import { judgeHistory } from '../support/judge-history.ts';
import { createCrashStage, type CrashStage, type ImageRepository } from '../support/crash-stage.ts';
import { createPersistentClient, type PersistentClient } from '../support/persistent-client.ts';
import type { Replica } from '../support/replica.ts';

/** Points of each job, gone through in turn; `null`: at some moment of the job. */
export interface KillPoints {
  readonly create: readonly (string | null)[];
  readonly redeploy: readonly (string | null)[];
  readonly delete: readonly (string | null)[];
}

const REACHED_WITHIN_MS = 60_000;
const CONVERGED_WITHIN_MS = 120_000;
/** A moment of a job that takes a few seconds. */
const SOME_MOMENT_MS = 6_000;

/** @param rounds how often each job is cut off */
export function describeKills(mode: 'api' | 'git', points: KillPoints, rounds: number): void {
  describe(`Blueberry with GITOPS_MODE=${mode}, killed in the middle of what it does`, () => {
    let cluster: Cluster;
    let stage: CrashStage;
    let blueberry: Replica;
    let client: PersistentClient;
    let repository: ImageRepository;
    let standing: EnvironmentBody;
    let standingRepository: ImageRepository;
    const seconds: number[] = [];

    beforeAll(async () => {
      cluster = await startCluster();
      stage = await createCrashStage({ cluster: cluster.access, mode });
      blueberry = await stage.replica({ SHORT_LEASE: 'yes' });
      client = createPersistentClient({ ...stage, product: () => blueberry.product, patienceMs: CONVERGED_WITHIN_MS });
      const product = await blueberry.start();
      standingRepository = await stage.connectRepository(product, 'standing');
      repository = await stage.connectRepository(product, 'web');
      standing = await client.create('standing', standingRepository.id);
      await client.untilServed(standing, standingRepository);
    });
    afterAll(async () => {
      await stage.dispose();
      await cluster.stop();
    });

    /** Asks for a job, has the process killed at the point, starts the next, and waits until the job is done. */
    async function cutOff<T>(
      point: string | null,
      job: () => Promise<T>,
      untilDone: (result: T) => Promise<unknown>,
    ): Promise<T> {
      await blueberry.arm(point);
      const asked = job();
      const reached = await blueberry.untilItDies(point === null ? Math.random() * SOME_MOMENT_MS : REACHED_WITHIN_MS);
      expect(reached || point === null, `it gets to ${point ?? ''}: ${blueberry.product.output()}`).toBe(true);
      const killedAt = performance.now();
      await blueberry.start();
      const result = await asked;
      await untilDone(result);
      seconds.push((performance.now() - killedAt) / 1000);
      expect(judgeHistory(stage.history.entries), `killed at ${point ?? 'some moment'}`).toEqual([]);
      return result;
    }

    it(
      `loses nothing, leaves nothing behind and makes nothing twice, ${String(rounds)} times each of create, redeploy and delete`,
      { timeout: 60_000 + rounds * 300_000 },
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          const at = (job: keyof KillPoints): string | null => points[job][round % points[job].length] ?? null;
          const name = `crash-${String(round + 1)}`;
          const created = await cutOff(
            at('create'),
            () => client.create(name, repository.id),
            (environment) => client.untilServed(environment, repository),
          );
          const { generation: before } = await client.pin(created);
          await repository.advance();
          await cutOff(
            at('redeploy'),
            () => client.redeploy(created),
            ({ generation }) => {
              // Asked for twice with one key it was done once.
              expect(generation).toBe(before + 1);
              return client.untilServed(created, repository);
            },
          );
          await cutOff(
            at('delete'),
            () => client.remove(created),
            () => client.untilTerminated(created),
          );
        }
        await client.untilServed(standing, standingRepository);
        await client.remove(standing);
        await client.untilTerminated(standing);
        expect(judgeHistory(stage.history.entries)).toEqual([]);
        expect(await stage.leftovers()).toEqual([]);
        expect(client.falseAlarms).toEqual([]);
        seconds.sort((one, other) => one - other);
        console.log(
          `GITOPS_MODE=${mode}: killed ${String(seconds.length)} times; from the kill to all being well again ` +
            `${(seconds[Math.floor(seconds.length / 2)] ?? 0).toFixed(1)} s (median), ${(seconds.at(-1) ?? 0).toFixed(1)} s (longest)`,
        );
      },
    );
  });
}
