import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { RemovalObservation } from '../../src/ports/environment-runtime.ts';
import { eventually } from '../support/product.ts';
import { hasFailed, inAnHour, newKey, type StageTest } from './environment-runtime.stage.ts';

const fromNow = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();

export function describeLifetime(it: StageTest): void {
  describe('sleeping', () => {
    it('sleeps without serving, and wakes with the same revision', async ({ stage }) => {
      const wanted = await stage.put('serving', 'one');
      await stage.untilServing(1);
      await stage.runtime.ensure({ ...wanted, asleep: true });
      const asleep = await stage.until('asleep', ({ progress }) => progress?.step === 'asleep');
      expect(asleep).toMatchObject({ revision: 1, serving: null, presence: 'present', health: 'Suspended' });
      await expect(stage.runtime.connect(stage.key)).rejects.toMatchObject({ kind: 'unavailable' });
      expect((await stage.runtime.ensure({ ...wanted, asleep: true })).progress).toEqual({ step: 'asleep' });
      await stage.runtime.ensure(wanted);
      await stage.untilServing(1);
      expect(await stage.ask()).toEqual({ revision: 1, status: 200, body: 'one' });
    });

    it('wakes with the revision that came while it slept', async ({ stage }) => {
      await stage.put('serving', 'one');
      await stage.untilServing(1);
      const wanted = await stage.put('serving', 'two', { revision: 2, asleep: true });
      await stage.until('asleep', ({ progress, serving }) => progress?.step === 'asleep' && serving === null);
      await stage.runtime.ensure({ ...wanted, asleep: false });
      await stage.untilServing(2);
      expect((await stage.ask()).body).toBe('two');
    });

    it('stays asleep over a restart of the control plane', async ({ stage }) => {
      const wanted = await stage.put('serving', 'one', { asleep: true });
      await stage.until('asleep', ({ progress }) => progress?.step === 'asleep');
      await stage.restart();
      await stage.runtime.ensure(wanted);
      await pause(300);
      expect(await stage.runtime.observe(stage.key)).toMatchObject({ serving: null, progress: { step: 'asleep' } });
      expect((await stage.lines()).map(({ text }) => text)).not.toContain('serving one');
    });
  });

  describe('a control plane that has just been started', () => {
    it('finds everything again and leaves it running', async ({ stage }) => {
      const wanted = await stage.put('serving', 'one');
      await stage.untilServing(1);
      const { body: instance } = await stage.ask('/instance');
      await stage.restart();
      expect(await stage.runtime.list()).toEqual([stage.key]);
      const asBefore = {
        presence: 'present',
        revision: 1,
        serving: { revision: 1 },
        progress: { step: 'running' },
        sync: 'Synced',
        health: 'Healthy',
      };
      expect(await stage.runtime.observe(stage.key)).toMatchObject(asBefore);
      expect((await stage.ask('/instance')).body).toBe(instance);
      expect(await stage.runtime.ensure(wanted)).toMatchObject(asBefore);
      for (let look = 0; look < 50; look += 1) {
        expect(await stage.runtime.observe(stage.key)).toMatchObject(asBefore);
        await pause(10);
      }
      expect((await stage.ask('/instance')).body).toBe(instance);
    });

    it('goes on with what was being put in place', async ({ stage }) => {
      const wanted = await stage.put('serving', 'one');
      await stage.restart();
      await stage.runtime.ensure(wanted);
      await stage.untilServing(1);
      expect((await stage.ask()).body).toBe('one');
      await stage.untilGone();
      expect(await stage.harness.leftovers()).toEqual([]);
    });

    it('remembers what failed', async ({ stage }) => {
      const wanted = await stage.put('crashing', 'one');
      const before = await stage.until('failed', hasFailed);
      await stage.restart();
      await stage.runtime.ensure(wanted);
      expect((await stage.until('failed still', hasFailed)).progress).toEqual(before.progress);
    });

    it('removes an orphan that nobody has asked for since', async ({ stage }) => {
      await stage.put('serving', 'one');
      await stage.untilServing(1);
      await stage.restart();
      for (const key of await stage.runtime.list()) await stage.untilGone(key);
      expect(await stage.runtime.list()).toEqual([]);
      expect(await stage.harness.leftovers()).toEqual([]);
    });
  });

  describe('removing', () => {
    it('removes all of it, says so only when it is gone, and takes being asked again', async ({ stage }) => {
      await stage.put('serving', 'one');
      const { resources } = await stage.untilServing(1);
      expect(await stage.harness.leftovers()).not.toEqual([]);
      const startedAt = Date.now();
      const [gone] = await Promise.all([removal(), removal(), removal()]);
      expect(gone.removed.length).toBeGreaterThanOrEqual(resources.length);
      for (const { kind, name, verifiedGoneAt } of gone.removed) {
        expect(kind, 'its logs are kept').not.toMatch(/log/i);
        expect([kind, name]).not.toContain('');
        expect(Date.parse(verifiedGoneAt)).toBeGreaterThanOrEqual(startedAt);
      }
      await expect(stage.runtime.connect(stage.key)).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await stage.runtime.remove(stage.key)).toMatchObject({ presence: 'absent', blockedBy: null });
      expect(await stage.runtime.observe(stage.key)).toMatchObject({ presence: 'absent', serving: null });
      expect(await stage.runtime.list()).toEqual([]);

      async function removal(): Promise<RemovalObservation> {
        const seen = await eventually(async () => {
          const now = await stage.runtime.remove(stage.key);
          if (now.presence === 'absent') return now;
          expect(now.presence).toBe('removing');
          expect(now.blockedBy).toMatch(/^[A-Z].*\.$/);
          return null;
        }, stage.harness.patienceMs);
        expect(await stage.harness.leftovers()).toEqual([]);
        return seen;
      }
    });

    it('removes what is still being put in place, and what never was', async ({ stage }) => {
      await stage.put('not-listening', 'one');
      await stage.untilGone();
      await stage.untilGone(newKey('never'));
      expect(await stage.runtime.list()).toEqual([]);
      expect(await stage.harness.leftovers()).toEqual([]);
    });

    it('removes what sleeps, and what has failed', async ({ stage }) => {
      const other = newKey('other');
      await stage.put('serving', 'one', { asleep: true });
      await stage.put('crashing', 'two', { key: other });
      await stage.until('failed', hasFailed, other);
      await stage.untilGone();
      await stage.untilGone(other);
      expect(await stage.harness.leftovers()).toEqual([]);
    });

    it('removes the revision before, too, when that has only just been replaced', async ({ stage }) => {
      await stage.put('serving', 'one');
      await stage.untilServing(1);
      await stage.put('serving', 'two', { revision: 2 });
      await stage.untilServing(2);
      await stage.untilGone();
      expect(await stage.harness.leftovers()).toEqual([]);
    });
  });

  describe('its time', () => {
    it('ends by itself when it is over, and not before', async ({ stage }) => {
      const wanted = await stage.put('serving', 'one');
      await stage.untilServing(1);
      const expiresAt = fromNow(1_500);
      await stage.runtime.ensure({ ...wanted, expiresAt });
      await stage.until('at its end', ({ serving }) => serving === null);
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
      await expect(stage.runtime.connect(stage.key)).rejects.toMatchObject({ kind: 'unavailable' });
    });

    it('goes on when it is renewed', async ({ stage }) => {
      const wanted = await stage.put('serving', 'one');
      await stage.untilServing(1);
      const { body: instance } = await stage.ask('/instance');
      const soon = Date.now() + 2_000;
      await stage.runtime.ensure({ ...wanted, expiresAt: new Date(soon).toISOString() });
      await stage.runtime.ensure({ ...wanted, expiresAt: inAnHour() });
      // By then whoever goes by the time before has seen that it is over.
      await pause(soon + 5_500 - Date.now());
      expect((await stage.ask('/instance')).body).toBe(instance);
    });
  });

  it('hints at changes until it is told to stop', async ({ stage }) => {
    const hints: string[] = [];
    const later: string[] = [];
    const stop = stage.runtime.watch((id) => hints.push(id));
    await stage.put('serving', 'one');
    await stage.untilServing(1);
    expect(new Set(hints)).toEqual(new Set([stage.key.id]));
    stop();
    stage.runtime.watch((id) => later.push(id));
    const count = hints.length;
    await stage.untilGone();
    expect(hints.length).toBe(count);
    expect(new Set(later)).toEqual(new Set([stage.key.id]));
  });

  it('can be asked whether it works', async ({ stage }) => {
    await expect(stage.runtime.check()).resolves.toBeUndefined();
  });
}
