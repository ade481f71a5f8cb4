import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { hasFailed, newKey, type Answer, type ApplicationKind, type StageTest } from './environment-runtime.stage.ts';

/** Asks again and again until it is told to stop, and fails when one request does. */
function visit(ask: () => Promise<Answer>): { stop(): Promise<Answer[]> } {
  const answers: Answer[] = [];
  let stopped = false;
  const done = (async () => {
    while (!stopped) answers.push(await ask());
  })();
  // It is told by `stop`; until then nobody looks.
  done.catch(() => undefined);
  return {
    async stop() {
      stopped = true;
      await done;
      return answers;
    },
  };
}

export function describeDeployments(it: StageTest): void {
  describe('deploying', () => {
    it('puts an environment in place, says what it waits for until it serves, and leads to it', async ({ stage }) => {
      const before = await stage.runtime.observe(stage.key);
      expect(before).toMatchObject({ presence: 'absent', revision: null, progress: null, serving: null });
      const wanted = stage.desired(await stage.harness.component('serving', 'one'));
      const first = await stage.runtime.ensure(wanted);
      expect(first).toMatchObject({ presence: 'present', revision: 1 });
      const waits = new Set<string>();
      const seen = await stage.until('serving', ({ progress, serving, health }) => {
        if (progress?.step === 'waiting') {
          waits.add(progress.message);
          expect(health).toBe('Progressing');
        }
        return serving !== null && progress?.step === 'running';
      });
      for (const message of waits) expect(message).toMatch(/^[A-Z].*\.$/);
      expect(waits.size).toBeGreaterThan(0);
      expect(seen).toMatchObject({
        presence: 'present',
        revision: 1,
        serving: { revision: 1, commit: wanted.components[0].commit },
        sync: 'Synced',
        health: 'Healthy',
        blockedBy: null,
      });
      expect(Math.abs(Date.parse(seen.observedAt) - Date.now())).toBeLessThan(60_000);
      expect(seen.resources.length).toBeGreaterThan(0);
      for (const { kind, name, health } of seen.resources) {
        expect([kind, name]).not.toContain('');
        expect(health).toBe('Healthy');
      }
      expect(await stage.ask()).toEqual({ revision: 1, status: 200, body: 'one' });
    });

    it('does nothing when asked again for what is in place, or is being put there', async ({ stage }) => {
      const wanted = stage.desired(await stage.harness.component('serving', 'one'));
      await Promise.all(Array.from({ length: 5 }, () => stage.runtime.ensure(wanted)));
      await stage.untilServing(1);
      const { body: instance } = await stage.ask('/instance');
      for (let again = 0; again < 3; again += 1) await stage.runtime.ensure(wanted);
      await pause(300);
      expect((await stage.ask('/instance')).body).toBe(instance);
      expect((await stage.lines()).filter(({ text }) => text === 'serving one')).toHaveLength(1);
    });

    it('puts a new revision in the place of the one before without a request that fails', async ({ stage }) => {
      await stage.put('serving', 'one');
      await stage.untilServing(1);
      const visitors = ['/', '/', '/slow'].map((path) => visit(() => stage.ask(path)));
      await stage.put('serving', 'two', { revision: 2 });
      await stage.untilServing(2);
      expect(await stage.ask()).toEqual({ revision: 2, status: 200, body: 'two' });
      await pause(400);
      for (const visitor of visitors) {
        const answers = await visitor.stop();
        const told = answers.map(({ revision, status, body }) => `${String(revision)} ${String(status)} ${body}`);
        expect([...new Set(told)]).toEqual(['1 200 one', '2 200 two']);
        expect(told.lastIndexOf('1 200 one')).toBeLessThan(told.indexOf('2 200 two'));
      }
    });

    it('keeps what serves when the next revision does not come up, and says why', async ({ stage }) => {
      await stage.put('serving', 'one');
      await stage.untilServing(1);
      const visitor = visit(() => stage.ask());
      const bad = await stage.put('crashing', 'two', { revision: 2 });
      const seen = await stage.until('failed', hasFailed);
      expect(seen).toMatchObject({
        revision: 2,
        serving: { revision: 1 },
        progress: { diagnosis: { reason: 'Crashed' } },
        health: 'Degraded',
      });
      expect((await stage.runtime.ensure(bad)).progress).toEqual(seen.progress);
      expect(new Set((await visitor.stop()).map(({ body }) => body))).toEqual(new Set(['one']));
      await stage.put('serving', 'three', { revision: 3 });
      await stage.untilServing(3);
      expect((await stage.ask()).body).toBe('three');
    });

    it('lets the newest of several revisions pass those that are still being put in place', async ({ stage }) => {
      await stage.put('serving', 'one');
      await stage.untilServing(1);
      const visitor = visit(() => stage.ask());
      await stage.put('not-listening', 'two', { revision: 2 });
      await stage.put('serving', 'three', { revision: 3 });
      await stage.untilServing(3);
      expect((await stage.ask()).body).toBe('three');
      expect((await visitor.stop()).map(({ revision }) => revision)).not.toContain(2);
    });

    it('puts nothing else in place for another time of its end', async ({ stage }) => {
      const wanted = await stage.put('serving', 'one');
      await stage.untilServing(1);
      const { body: instance } = await stage.ask('/instance');
      const later = new Date(Date.now() + 7_200_000).toISOString();
      await stage.runtime.ensure({ ...wanted, expiresAt: later });
      await stage.untilServing(1);
      expect((await stage.ask('/instance')).body).toBe(instance);
    });

    it('gives the environment variables to the application, secret ones before others', async ({ stage }) => {
      const component = await stage.harness.component('serving', 'one');
      const env = { GREETING: 'good "morning"\n$HOME', KEPT: 'open', SHARED: 'open' };
      const secretEnv = { SHARED: 'sealed-4711', EMPTY: '' };
      await stage.runtime.ensure(stage.desired({ ...component, env, secretEnv }));
      const seen = await stage.untilServing(1);
      expect((await stage.ask('/env/GREETING')).body).toBe(env.GREETING);
      expect((await stage.ask('/env/KEPT')).body).toBe('open');
      expect((await stage.ask('/env/SHARED')).body).toBe('sealed-4711');
      expect(await stage.ask('/env/EMPTY')).toMatchObject({ status: 200, body: '' });
      expect((await stage.ask('/env/ABSENT')).status).toBe(404);
      expect(JSON.stringify(seen)).not.toContain('sealed-4711');
    });

    it('keeps environments apart', async ({ stage }) => {
      const other = newKey('other');
      await stage.put('serving', 'one');
      await stage.put('serving', 'two', { key: other });
      await stage.untilServing(1);
      await stage.untilServing(1, other);
      expect((await stage.ask()).body).toBe('one');
      expect((await stage.ask('/', other)).body).toBe('two');
      expect((await stage.runtime.list()).map(({ id }) => id).sort()).toEqual([stage.key.id, other.id].sort());
      await stage.untilGone();
      expect((await stage.ask('/', other)).body).toBe('two');
      expect(await stage.runtime.list()).toEqual([other]);
    });

    it.for<[ApplicationKind, string]>([
      ['crashing', 'Crashed'],
      ['missing-command', 'CommandNotFound'],
      ['not-listening', 'PortNeverOpened'],
      ['unhealthy', 'HealthCheckFailed'],
    ])('says of an application that is %s: %s', async ([kind, reason], { stage }) => {
      const wanted = await stage.put(kind, 'bad');
      const { progress, serving, health } = await stage.until('failed', hasFailed);
      expect(progress).toMatchObject({ step: 'failed', diagnosis: { reason } });
      expect(progress?.step === 'failed' && progress.diagnosis.message).toMatch(/^\S.*\. [A-Z].*\.$/s);
      expect([serving, health]).toEqual([null, 'Degraded']);
      await expect(stage.runtime.connect(stage.key)).rejects.toMatchObject({ kind: 'unavailable' });
      expect((await stage.runtime.ensure(wanted)).progress).toEqual(progress);
    });
  });
}
