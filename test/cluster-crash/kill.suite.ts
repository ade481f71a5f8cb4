import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../testbed/cluster/start-cluster.ts';
import type { EnvironmentBody } from '../support/environments.ts';
import { judgeHistory } from '../support/judge-history.ts';
import { createMortalBlueberry, type ImageRepository, type MortalBlueberry } from '../support/mortal-blueberry.ts';

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
    let blueberry: MortalBlueberry;
    let repository: ImageRepository;
    let standing: EnvironmentBody;
    let standingCommit: string;
    const seconds: number[] = [];

    beforeAll(async () => {
      cluster = await startCluster();
      blueberry = await createMortalBlueberry({
        cluster: cluster.access,
        mode,
        patienceMs: CONVERGED_WITHIN_MS,
        env: { SHORT_LEASE: 'yes' },
      });
      await blueberry.start();
      const other = await blueberry.connectRepository('standing');
      repository = await blueberry.connectRepository('web');
      standing = await blueberry.client.create('standing', other.id);
      standingCommit = other.head;
      await blueberry.client.untilServed(standing, standingCommit);
    });
    afterAll(async () => {
      await blueberry.dispose();
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
      expect(judgeHistory(blueberry.history.entries), `killed at ${point ?? 'some moment'}`).toEqual([]);
      return result;
    }

    it(
      `loses nothing, leaves nothing behind and makes nothing twice, ${String(rounds)} times each of create, redeploy and delete`,
      { timeout: 60_000 + rounds * 300_000 },
      async () => {
        const { client } = blueberry;
        for (let round = 0; round < rounds; round += 1) {
          const at = (job: keyof KillPoints): string | null => points[job][round % points[job].length] ?? null;
          const name = `crash-${String(round + 1)}`;
          const created = await cutOff(
            at('create'),
            () => client.create(name, repository.id),
            (environment) => client.untilServed(environment, repository.head),
          );
          const { generation: before } = await client.pin(created);
          await repository.advance();
          await cutOff(
            at('redeploy'),
            () => client.redeploy(created),
            ({ generation }) => {
              // Asked for twice with one key it was done once.
              expect(generation).toBe(before + 1);
              return client.untilServed(created, repository.head);
            },
          );
          await cutOff(
            at('delete'),
            () => client.remove(created),
            () => client.untilTerminated(created),
          );
        }
        await client.untilServed(standing, standingCommit);
        await client.remove(standing);
        await client.untilTerminated(standing);
        expect(judgeHistory(blueberry.history.entries)).toEqual([]);
        expect(await blueberry.ground.leftovers()).toEqual([]);
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
