import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/core/environment.ts';
import { EVERYTHING, type Visibility } from '../../src/core/permissions.ts';
import { UNKNOWN_POSITION, type EventBus } from '../../src/ports/event-bus.ts';
import { backlog, Follower, lineOf, linesAfter, publish } from '../support/bus-follower.ts';
import { sampleEnvironment, touched } from '../support/sample-records.ts';

/** A log of its own for one test, empty at first. */
export interface EventBusHarness {
  readonly bus: EventBus;
  /** Another bus over the same log, as the process has it after a restart; the first one is closed before. */
  reopen(): Promise<EventBus>;
  /** A bus over another log, with an epoch of its own. */
  openElsewhere(): Promise<EventBus>;
  /** A bus over a log of its own that keeps about so many announcements. */
  openKeeping(announcements: number): Promise<EventBus>;
  dispose(): Promise<void>;
}

/** What every EventBus keeps to, wherever the log is. */
export function describeEventBusContract(name: string, makeHarness: () => Promise<EventBusHarness>): void {
  describe(`EventBus contract: ${name}`, () => {
    let harness: EventBusHarness;
    let bus: EventBus;
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => sampleEnvironment({ name: letter })) as [
      Environment,
      Environment,
      Environment,
    ];
    beforeEach(async () => {
      harness = await makeHarness();
      bus = harness.bus;
    });
    afterEach(async () => {
      await harness.dispose();
    });

    it('delivers what is announced, whole and in order, to everyone who follows', async () => {
      const start = await bus.position();
      const followers = [new Follower(bus, start), new Follower(bus, start)];
      await publish(bus, 'created', a, 1);
      await publish(bus, 'created', b, 1);
      for (const follower of followers) await follower.until(2);
      await publish(bus, 'updated', a, 2);
      for (const follower of followers) await follower.until(3);
      await publish(bus, 'deleted', b, 2);
      for (const follower of followers) {
        expect(await follower.until(4)).toEqual(['created a 1', 'created b 1', 'updated a 2', 'deleted b 2']);
        expect(follower.deliveries[2]).toMatchObject({
          announcement: { environment: { id: a.metadata.id, version: 2, record: touched(a, 'Version 2.') } },
        });
        await follower.stop();
      }
    });

    it('begins with now when no position is given', async () => {
      await publish(bus, 'created', a, 1);
      const follower = new Follower(bus);
      // How soon a subscription that says nothing begins is the bus's affair: announce until something comes.
      for (let version = 1; follower.deliveries.length === 0 && version < 200; version += 1) {
        await publish(bus, version === 1 ? 'created' : 'updated', b, version);
        await pause(10);
      }
      const lines = await follower.stop();
      expect(lines[0]).toMatch(/ b \d+$/);
      expect(lines.every((line) => line.includes(' b '))).toBe(true);
    });

    it('drops a version that is not newer than what was announced', async () => {
      const start = await bus.position();
      const follower = new Follower(bus, start);
      await publish(bus, 'created', a, 3);
      await publish(bus, 'updated', a, 3);
      await publish(bus, 'updated', a, 2);
      await publish(bus, 'created', a, 1);
      await publish(bus, 'updated', a, 4);
      await publish(bus, 'created', b, 1);
      for (let count = 1; follower.lines.at(-1) !== 'created b 1'; count += 1) await follower.until(count);
      const versions = follower.lines.filter((line) => line.includes(' a ')).map((line) => Number(line.slice(-1)));
      expect(versions).toEqual([...new Set(versions)].toSorted());
      expect(versions.at(-1)).toBe(4);
      expect(versions.every((version) => version >= 3)).toBe(true);
      await follower.stop();
    });

    it('tells whoever comes back the newest version of everything that changed, once', async () => {
      await publish(bus, 'created', a, 1);
      await publish(bus, 'created', b, 1);
      const left = await bus.position();
      for (let version = 2; version <= 6; version += 1) await publish(bus, 'updated', a, version);
      expect(await linesAfter(bus, left)).toEqual(['updated a 6']);
    });

    it('tells of what was made meanwhile as created, though it has changed since', async () => {
      const left = await bus.position();
      await publish(bus, 'created', a, 1);
      await publish(bus, 'created', b, 1);
      await publish(bus, 'updated', a, 2);
      await publish(bus, 'created', c, 1);
      await publish(bus, 'updated', b, 2);
      expect(await linesAfter(bus, left)).toEqual(['created a 2', 'created c 1', 'created b 2']);
    });

    it('goes on behind each single delivery, without a gap and without telling it again', async () => {
      const start = await bus.position();
      await publish(bus, 'created', a, 1);
      await publish(bus, 'created', b, 1);
      await publish(bus, 'created', c, 1);
      const all = await backlog(bus, start);
      expect(all.map(lineOf)).toEqual(['created a 1', 'created b 1', 'created c 1']);
      for (const [index, { position }] of all.entries()) {
        const rest = await backlog(bus, position);
        expect(rest.map(lineOf)).toEqual(all.map(lineOf).slice(index + 1));
      }
    });

    it('says of an environment that was told before that it was updated', async () => {
      const follower = new Follower(bus, await bus.position());
      await publish(bus, 'created', a, 1);
      await follower.until(1);
      await follower.stop();
      await publish(bus, 'updated', a, 2);
      expect(await linesAfter(bus, follower.lastPosition)).toEqual(['updated a 2']);
    });

    it('says `deleted` to whoever comes back after the end', async () => {
      await publish(bus, 'created', a, 1);
      const left = await bus.position();
      await publish(bus, 'updated', a, 2);
      await publish(bus, 'deleted', a, 3);
      expect(await linesAfter(bus, left)).toEqual(['deleted a 3']);
    });

    it('gives a position behind everything that was announced before', async () => {
      for (let version = 1; version <= 5; version += 1) {
        await publish(bus, 'updated', a, version);
        expect(await linesAfter(bus, await bus.position())).toEqual([]);
      }
    });

    it('misses nothing and never goes back while many publish at once and followers come and go', async () => {
      const environments = Array.from({ length: 8 }, (_, number) => sampleEnvironment({ name: `e${String(number)}` }));
      const versions = 25;
      const start = await bus.position();
      const publishers = environments.map(async (environment) => {
        for (let version = 1; version <= versions; version += 1) {
          await publish(bus, version === 1 ? 'created' : 'updated', environment, version);
        }
      });
      const known = new Map<string, number>();
      let after = start;
      const complete = (): boolean => environments.every(({ metadata }) => known.get(metadata.name) === versions);
      for (let round = 0; !complete() && round < 2_000; round += 1) {
        const follower = new Follower(bus, after);
        await Promise.race([follower.until(1 + (round % 7)), pause(50)]);
        await follower.stop();
        for (const delivery of follower.deliveries) {
          if (delivery.kind === 'reset') throw new Error('There was no reason for a reset.');
          const { environment, type } = delivery.announcement;
          const before = known.get(environment.record.metadata.name) ?? 0;
          expect(environment.version).toBeGreaterThan(before);
          if (before === 0) expect(type).toBe('created');
          known.set(environment.record.metadata.name, environment.version);
        }
        after = follower.deliveries.at(-1)?.position ?? after;
      }
      await Promise.all(publishers);
      expect(complete()).toBe(true);
    });

    it('delivers a long backlog whole', async () => {
      const start = await bus.position();
      const environments = Array.from({ length: 250 }, (_, number) =>
        sampleEnvironment({ name: `e${String(number)}` }),
      );
      for (const environment of environments) await publish(bus, 'created', environment, 1);
      const lines = await linesAfter(bus, start);
      expect(lines).toEqual(environments.map(({ metadata }) => `created ${metadata.name} 1`));
    });

    it('keeps its place over a restart', async () => {
      await publish(bus, 'created', a, 1);
      const left = await bus.position();
      await publish(bus, 'updated', a, 2);
      await publish(bus, 'created', b, 1);
      const reopened = await harness.reopen();
      expect(await linesAfter(reopened, left)).toEqual(['updated a 2', 'created b 1']);
      await publish(reopened, 'updated', a, 2);
      await publish(reopened, 'updated', a, 3);
      expect((await linesAfter(reopened, left)).filter((line) => line.includes(' a '))).toEqual(['updated a 3']);
    });

    it('resets whoever comes with a position that it does not know, and goes on from there', async () => {
      await publish(bus, 'created', a, 1);
      const elsewhere = await harness.openElsewhere();
      await publish(elsewhere, 'created', b, 1);
      const foreign = await elsewhere.position();
      const own = await bus.position();
      for (const after of [foreign, '', 'x', '0', '-1', `${own}0000`, `${own} `, own.toUpperCase() + '!', '../..']) {
        const follower = new Follower(bus, after);
        expect(await follower.until(1)).toEqual(['reset']);
        const position = follower.lastPosition;
        await follower.stop();
        expect(await linesAfter(bus, position)).toEqual([]);
      }
      const follower = new Follower(bus, UNKNOWN_POSITION);
      await follower.until(1);
      await publish(bus, 'updated', a, 2);
      expect(await follower.until(2)).toEqual(['reset', 'updated a 2']);
      await follower.stop();
    });

    it('resets whoever comes back after what was missed has been trimmed', async () => {
      const short = await harness.openKeeping(10);
      const old = await short.position();
      const environments = Array.from({ length: 60 }, (_, number) => sampleEnvironment({ name: `e${String(number)}` }));
      for (const environment of environments) await publish(short, 'created', environment, 1);
      const recent = await short.position();
      const follower = new Follower(short, old);
      expect((await follower.until(1))[0]).toBe('reset');
      await follower.stop();
      await publish(short, 'updated', environments[0] as Environment, 2);
      expect(await linesAfter(short, recent)).toEqual(['updated e0 2']);
    });

    it('never goes back to a version from before what was trimmed', async () => {
      const short = await harness.openKeeping(5);
      await publish(short, 'created', a, 1);
      await publish(short, 'updated', a, 5);
      for (let number = 0; number < 40; number += 1) {
        await publish(short, 'created', sampleEnvironment({ name: `e${String(number)}` }), 1);
      }
      const position = await short.position();
      await publish(short, 'updated', a, 4);
      await publish(short, 'updated', a, 6);
      expect(await linesAfter(short, position)).toEqual(['updated a 6']);
    });

    it('resets a follower that was too slow for the log', async () => {
      const short = await harness.openKeeping(10);
      const stop = new AbortController();
      const after = await short.position();
      const subscription = short.subscribe({ after, visibility: EVERYTHING, signal: stop.signal });
      const deliveries = subscription[Symbol.asyncIterator]();
      await publish(short, 'created', a, 1);
      expect((await deliveries.next()).value).toMatchObject({ kind: 'announcement' });
      const environments = Array.from({ length: 60 }, (_, number) => sampleEnvironment({ name: `e${String(number)}` }));
      for (const environment of environments) await publish(short, 'created', environment, 1);
      expect((await deliveries.next()).value).toMatchObject({ kind: 'reset' });
      await publish(short, 'updated', a, 2);
      expect((await deliveries.next()).value).toMatchObject({ announcement: { environment: { version: 2 } } });
      stop.abort();
      expect((await deliveries.next()).done).toBe(true);
    });

    it('tells a guest only of what its audience names', async () => {
      const guest: Visibility = { scope: 'audience', userId: 'usr_guest' };
      const shown = sampleEnvironment({ name: 'shown', audience: ['usr_guest'] });
      const start = await bus.position();
      const follower = new Follower(bus, start, guest);
      await publish(bus, 'created', a, 1);
      await publish(bus, 'created', shown, 1);
      await publish(bus, 'updated', a, 2);
      await publish(bus, 'updated', b, 2);
      await follower.until(1);
      await publish(bus, 'updated', shown, 2);
      expect(await follower.until(2)).toEqual(['created shown 1', 'updated shown 2']);
      await follower.stop();
      expect(await linesAfter(bus, start, guest)).toEqual(['created shown 2']);
      expect(await linesAfter(bus, follower.lastPosition, guest)).toEqual([]);
    });

    it('ends a subscription when the signal says so, waiting or not', async () => {
      const aborted = new Follower(bus, await bus.position());
      expect(await aborted.stop()).toEqual([]);
      await publish(bus, 'created', a, 1);
      const late = bus.subscribe({ visibility: EVERYTHING, signal: AbortSignal.abort() });
      for await (const delivery of late) throw new Error(`Unexpected ${lineOf(delivery)}`);
    });

    it('ends every subscription when it is closed', async () => {
      const follower = new Follower(bus, await bus.position());
      await publish(bus, 'created', a, 1);
      await follower.until(1);
      await bus.check();
      await bus.close();
      expect(await follower.stop()).toEqual(['created a 1']);
    });
  });
}
