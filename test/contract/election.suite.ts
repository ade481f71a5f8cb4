import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Election, Leadership } from '../../src/ports/election.ts';

/** An office of its own for one test, that nobody holds at first. */
export interface ElectionHarness {
  /** What one more replica has. */
  candidate(): Promise<Election>;
  /** Starts a process that leads until it is killed (SIGKILL). Resolves once it leads. */
  leadInAnotherProcess(): Promise<{ readonly pid: number; kill(): Promise<void> }>;
  /** Within this many milliseconds after its leader died another one must lead. */
  readonly takeoverMs: number;
  dispose(): Promise<void>;
}

/** What every Election keeps to. */
export function describeElectionContract(name: string, makeHarness: () => Promise<ElectionHarness>): void {
  describe(`Election contract: ${name}`, () => {
    let harness: ElectionHarness;
    const stop = { current: new AbortController() };
    const leaderships: Leadership[] = [];
    beforeEach(async () => {
      harness = await makeHarness();
      stop.current = new AbortController();
    });
    afterEach(async () => {
      stop.current.abort();
      for (const leadership of leaderships.splice(0)) await leadership.resign();
      await harness.dispose();
    });

    /** Campaigns in the background; `leading` tells how it went so far. */
    async function campaign(election?: Election): Promise<{ leading: boolean; won: Promise<Leadership> }> {
      const candidate = election ?? (await harness.candidate());
      const state = { leading: false, won: candidate.campaign(stop.current.signal) };
      state.won.then(
        (leadership) => {
          state.leading = true;
          leaderships.push(leadership);
        },
        () => undefined,
      );
      return state;
    }

    async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number, what: string): Promise<void> {
      for (const end = performance.now() + timeoutMs; !(await condition());) {
        if (performance.now() > end) throw new Error(`Not within ${String(timeoutMs)} ms: ${what}`);
        await pause(20);
      }
    }

    it('elects who stands alone, and names the leader to everyone', async () => {
      const [first, second] = [await harness.candidate(), await harness.candidate()];
      expect(await first.leader()).toBeNull();
      const leadership = await (await campaign(first)).won;
      expect(leadership.signal.aborted).toBe(false);
      const leader = await second.leader();
      expect(leader).toMatch(/\S/);
      expect(await first.leader()).toBe(leader);
    });

    it('elects one of many, and the next one only after that one has resigned', async () => {
      const campaigns = await Promise.all(Array.from({ length: 6 }, () => campaign()));
      for (let round = 0; round < campaigns.length; round += 1) {
        await until(() => leaderships.length > 0, harness.takeoverMs, 'somebody leads');
        await pause(300);
        expect(campaigns.filter(({ leading }) => leading)).toHaveLength(round + 1);
        expect(leaderships).toHaveLength(1);
        await leaderships.splice(0)[0]?.resign();
      }
    });

    it('lets another one lead as soon as the leader has resigned, and tells the leader', async () => {
      const first = await (await campaign()).won;
      const second = await campaign();
      await first.resign();
      expect(first.signal.aborted).toBe(true);
      const next = await second.won;
      expect(next.signal.aborted).toBe(false);
      await first.resign();
      await pause(300);
      expect(next.signal.aborted).toBe(false);
    });

    it('has no leader to name after the last one has resigned', async () => {
      const candidate = await harness.candidate();
      const leadership = await (await campaign(candidate)).won;
      await leadership.resign();
      expect(await candidate.leader()).toBeNull();
    });

    it('lets whoever led before lead again', async () => {
      const candidate = await harness.candidate();
      for (let round = 0; round < 3; round += 1) await (await (await campaign(candidate)).won).resign();
    });

    it('stops a campaign that is called off, before it has begun and while it waits', async () => {
      const leader = await (await campaign()).won;
      const waiting = new AbortController();
      const lost = (await harness.candidate()).campaign(waiting.signal);
      const outcome = expect(lost).rejects.toMatchObject({ name: 'AbortError' });
      await pause(50);
      waiting.abort();
      await outcome;
      await expect((await harness.candidate()).campaign(AbortSignal.abort())).rejects.toMatchObject({
        name: 'AbortError',
      });
      expect(leader.signal.aborted).toBe(false);
      await leader.resign();
      expect((await (await campaign()).won).signal.aborted).toBe(false);
    });

    it('waits for a leader in another process, and takes over when that is killed', async () => {
      const other = await harness.leadInAnotherProcess();
      const here = await campaign();
      const watcher = await harness.candidate();
      expect(await watcher.leader()).toContain(String(other.pid));
      await pause(1_000);
      expect(here.leading).toBe(false);
      await other.kill();
      await until(() => here.leading, harness.takeoverMs, 'the survivor leads');
      expect(await watcher.leader()).not.toContain(String(other.pid));
    });

    it('keeps its lead though other processes come and go', async () => {
      const leadership = await (await campaign()).won;
      for (let round = 0; round < 3; round += 1) {
        await expect(
          Promise.race([harness.leadInAnotherProcess(), pause(500).then(() => Promise.reject(new Error('waits')))]),
        ).rejects.toThrow('waits');
      }
      expect(leadership.signal.aborted).toBe(false);
    });
  });
}
