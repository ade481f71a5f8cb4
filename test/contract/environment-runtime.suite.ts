import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  DesiredComponent,
  DesiredEnvironment,
  EnvironmentKey,
  EnvironmentRuntime,
  LogLine,
  RuntimeObservation,
} from '../../src/ports/environment-runtime.ts';
import { eventually } from '../support/product.ts';

/**
 * How an application behaves: `serving` answers each request with its mark and prints a line that holds it; the others
 * never get so far.
 */
export type ApplicationKind = 'serving' | 'crashing' | 'not-building' | 'not-listening' | 'unhealthy';

/** A world of its own for one test, empty at first. */
export interface EnvironmentRuntimeHarness {
  readonly runtime: EnvironmentRuntime;
  /** An application that the runtime can put in place. `NAME` in its environment is printed as `NAME is VALUE`. */
  component(kind: ApplicationKind, mark: string): Promise<DesiredComponent>;
  /** The same world as a control plane sees it that has just been started, the one before being gone. */
  restart(): Promise<EnvironmentRuntime>;
  dispose(): Promise<void>;
}

const KEY: EnvironmentKey = { id: 'env_aaaaaaaaaaaaaaaaaaaaaaaaaa', name: 'contract' };
const OTHER: EnvironmentKey = { id: 'env_bbbbbbbbbbbbbbbbbbbbbbbbbb', name: 'other' };

/** What every EnvironmentRuntime keeps to, whatever the world is that it makes environments run in. */
export function describeEnvironmentRuntimeContract(
  name: string,
  makeHarness: () => Promise<EnvironmentRuntimeHarness>,
): void {
  describe(`EnvironmentRuntime contract: ${name}`, () => {
    let harness: EnvironmentRuntimeHarness;
    let runtime: EnvironmentRuntime;
    beforeEach(async () => {
      harness = await makeHarness();
      ({ runtime } = harness);
    });
    afterEach(() => harness.dispose());

    function desired(component: DesiredComponent, change: Partial<DesiredEnvironment> = {}): DesiredEnvironment {
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      return { key: KEY, revision: 1, asleep: false, expiresAt, components: [component], ...change };
    }

    async function until(
      what: string,
      condition: (seen: RuntimeObservation) => boolean,
      key = KEY,
    ): Promise<RuntimeObservation> {
      let last: RuntimeObservation | null = null;
      try {
        return await eventually(
          async () => ((last = await runtime.observe(key)), condition(last) ? last : null),
          20_000,
        );
      } catch (error) {
        throw new Error(`Never ${what}: ${JSON.stringify(last)}`, { cause: error });
      }
    }

    const isServing =
      (revision: number) =>
      (seen: RuntimeObservation): boolean =>
        seen.serving?.revision === revision && seen.progress?.step === 'running';

    async function removed(key = KEY): Promise<void> {
      await eventually(
        async () => ((await runtime.remove(key)).presence === 'absent' ? true : null),
        20_000,
        'removal',
      );
    }

    it('puts an environment in place, says what it waits for until it serves, and leads to it', async () => {
      const component = await harness.component('serving', 'one');
      const first = await runtime.ensure(desired(component));
      expect(first.presence).toBe('present');
      if (first.progress?.step === 'waiting') expect(first.progress.message).toMatch(/^[A-Z].*\.$/);
      const seen = await until('serving', isServing(1));
      expect(seen).toMatchObject({
        presence: 'present',
        revision: 1,
        serving: { revision: 1, commit: component.commit },
        sync: 'Synced',
        health: 'Healthy',
        blockedBy: null,
      });
      expect(seen.resources.length).toBeGreaterThan(0);
      expect(await ask(runtime, KEY)).toEqual({ revision: 1, body: 'one' });
    });

    it('does nothing when asked again for what is in place', async () => {
      const wanted = desired(await harness.component('serving', 'one'));
      await runtime.ensure(wanted);
      const before = await until('serving', isServing(1));
      for (let again = 0; again < 3; again += 1) await runtime.ensure(wanted);
      const after = await runtime.observe(KEY);
      expect(after.resources).toEqual(before.resources);
    });

    it('puts a new revision in the place of the one before without a request that fails', async () => {
      await runtime.ensure(desired(await harness.component('serving', 'one')));
      await until('serving', isServing(1));
      const answers = new Set<string>();
      let asking = true;
      const visitor = (async () => {
        while (asking) answers.add((await ask(runtime, KEY)).body);
      })();
      await runtime.ensure(desired(await harness.component('serving', 'two'), { revision: 2 }));
      await until('serving the second', isServing(2));
      await pause(100);
      asking = false;
      await visitor;
      expect([...answers]).toEqual(['one', 'two']);
    });

    it('keeps what serves when the next revision does not come up, and says why', async () => {
      await runtime.ensure(desired(await harness.component('serving', 'one')));
      await until('serving', isServing(1));
      await runtime.ensure(desired(await harness.component('not-building', 'two'), { revision: 2 }));
      const seen = await until('failed', ({ progress }) => progress?.step === 'failed');
      expect(seen.revision).toBe(2);
      expect(seen.serving?.revision).toBe(1);
      expect((await ask(runtime, KEY)).body).toBe('one');
      await runtime.ensure(desired(await harness.component('serving', 'three'), { revision: 3 }));
      await until('serving the third', isServing(3));
    });

    it.each<[ApplicationKind, string]>([
      ['not-building', 'BuildFailed'],
      ['crashing', 'Crashed'],
      ['not-listening', 'PortNeverOpened'],
      ['unhealthy', 'HealthCheckFailed'],
    ])('says of an application that is %s: %s', async (kind, reason) => {
      await runtime.ensure(desired(await harness.component(kind, 'bad')));
      const { progress, serving } = await until('failed', (seen) => seen.progress?.step === 'failed');
      expect(progress).toMatchObject({ step: 'failed', diagnosis: { reason } });
      expect(serving).toBeNull();
      await expect(runtime.connect(KEY)).rejects.toMatchObject({ kind: 'unavailable' });
    });

    it('sleeps without serving, and wakes with the same revision', async () => {
      const component = await harness.component('serving', 'one');
      await runtime.ensure(desired(component));
      await until('serving', isServing(1));
      await runtime.ensure(desired(component, { asleep: true }));
      const asleep = await until('asleep', ({ progress }) => progress?.step === 'asleep');
      expect(asleep).toMatchObject({ revision: 1, serving: null, presence: 'present' });
      await expect(runtime.connect(KEY)).rejects.toMatchObject({ kind: 'unavailable' });
      await runtime.ensure(desired(component));
      await until('serving again', isServing(1));
      expect(await ask(runtime, KEY)).toEqual({ revision: 1, body: 'one' });
    });

    it('finds everything again after the control plane was gone, and leaves it running', async () => {
      const wanted = desired(await harness.component('serving', 'one'));
      await runtime.ensure(wanted);
      const before = await until('serving', isServing(1));
      runtime = await harness.restart();
      await runtime.ensure(wanted);
      const after = await until('serving after the restart', isServing(1));
      expect(after.resources).toEqual(before.resources);
      expect((await ask(runtime, KEY)).body).toBe('one');
      expect(await runtime.list()).toEqual([KEY]);
    });

    it('removes all of it, says so only when it is gone, and takes being asked again', async () => {
      await runtime.ensure(desired(await harness.component('serving', 'one')));
      await until('serving', isServing(1));
      const pieces = (await runtime.observe(KEY)).resources.length;
      const gone = await eventually(async () => {
        const seen = await runtime.remove(KEY);
        return seen.presence === 'absent' ? seen : null;
      }, 20_000);
      expect(gone.removed.length).toBeGreaterThanOrEqual(pieces);
      for (const { verifiedGoneAt } of gone.removed) expect(Date.parse(verifiedGoneAt)).not.toBeNaN();
      expect(await runtime.list()).toEqual([]);
      await expect(runtime.connect(KEY)).rejects.toMatchObject({ kind: 'unavailable' });
      expect((await runtime.remove(KEY)).presence).toBe('absent');
      expect((await runtime.observe(KEY)).presence).toBe('absent');
    });

    it('removes what is still being put in place, and what never was', async () => {
      await runtime.ensure(desired(await harness.component('not-listening', 'one')));
      await removed();
      await removed(OTHER);
      expect(await runtime.list()).toEqual([]);
    });

    it('keeps environments apart', async () => {
      await runtime.ensure(desired(await harness.component('serving', 'one')));
      await runtime.ensure({ ...desired(await harness.component('serving', 'two')), key: OTHER });
      await until('serving', isServing(1));
      await until('serving', isServing(1), OTHER);
      expect((await ask(runtime, KEY)).body).toBe('one');
      expect((await ask(runtime, OTHER)).body).toBe('two');
      expect((await runtime.list()).map(({ id }) => id).sort()).toEqual([KEY.id, OTHER.id]);
      await removed();
      expect((await ask(runtime, OTHER)).body).toBe('two');
    });

    it('ends by itself when its time is over, and not before', async () => {
      const component = await harness.component('serving', 'one');
      const endsAt = Date.now() + 4_000;
      await runtime.ensure(desired(component, { expiresAt: new Date(endsAt).toISOString() }));
      await until('serving', isServing(1));
      await until('ended', ({ serving }) => serving === null);
      expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
    });

    it('gives its environment variables to it, secret ones before others', async () => {
      const component = await harness.component('serving', 'one');
      const env = { NAME: 'open' };
      await runtime.ensure(desired({ ...component, env, secretEnv: { NAME: 'sealed-value' } }));
      await until('serving', isServing(1));
      await lineWith('NAME is ');
      const all = await lines({ follow: false });
      expect(JSON.stringify(all)).not.toContain('sealed-value');
    });

    it('gives the lines of its log, the last ones, and those to come until it is gone', async () => {
      await runtime.ensure(desired(await harness.component('serving', 'one')));
      await until('serving', isServing(1));
      expect(await lineWith('serving one')).toMatchObject({ container: expect.any(String) as string });
      expect((await lines({ follow: false, tail: 1 })).length).toBe(1);
      const following = lines({ follow: true });
      await runtime.ensure(desired(await harness.component('serving', 'two'), { revision: 2 }));
      await until('serving the second', isServing(2));
      await pause(300);
      await removed();
      expect((await following).map(({ text }) => text).join('\n')).toContain('serving two');
    });

    it('hints at changes', async () => {
      const hints: string[] = [];
      const stop = runtime.watch((id) => hints.push(id));
      await runtime.ensure(desired(await harness.component('serving', 'one')));
      await until('serving', isServing(1));
      expect(new Set(hints)).toEqual(new Set([KEY.id]));
      stop();
      const count = hints.length;
      await removed();
      expect(hints.length).toBe(count);
    });

    async function lines(query: { readonly follow: boolean; readonly tail?: number }): Promise<LogLine[]> {
      const signal = AbortSignal.timeout(15_000);
      const all: LogLine[] = [];
      for await (const line of runtime.logs(KEY, { ...query, signal })) all.push(line);
      return all;
    }

    function lineWith(text: string): Promise<LogLine> {
      return eventually(
        async () => (await lines({ follow: false })).find((line) => line.text.includes(text)),
        5_000,
        text,
      );
    }
  });
}

/** One request through the connection that the runtime gives. */
async function ask(runtime: EnvironmentRuntime, key: EnvironmentKey): Promise<{ revision: number; body: string }> {
  const { connection, revision } = await runtime.connect(key);
  return { revision, body: await bodyOver(connection) };
}

function bodyOver(connection: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { path: '/', headers: { host: 'contract.localhost', connection: 'close' }, createConnection: () => connection },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.on('end', () => {
          resolve(body);
        });
        answer.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
