import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import type { RecordKind } from '../../src/core/records.ts';
import { recordKey, type EnvironmentStore, type Precondition, type Write } from '../../src/ports/environment-store.ts';
import { identifiers, putEnvironment, sampleEnvironment, touched } from '../support/sample-records.ts';
import { incrementCounter, readCounter } from '../support/shared-counter.ts';
import type { CurrentHarness } from './environment-store.suite.ts';

const reserve = (name: string, environmentId: string): Write => ({
  op: 'put',
  kind: 'name_reservation',
  id: name,
  record: { environmentId },
});
const absent = (kind: RecordKind, id: string): Precondition => ({ kind, id, absent: true });

async function versionOf(store: EnvironmentStore, kind: RecordKind, id: string): Promise<number | null> {
  return (await store.get(EVERYTHING, kind, id))?.version ?? null;
}

export function describeCommits(current: CurrentHarness): void {
  describe('get', () => {
    it('answers null for what does not exist', async () => {
      expect(await current().store.get(EVERYTHING, 'environment', 'env_none')).toBeNull();
      expect(await current().store.get(EVERYTHING, 'user', '')).toBeNull();
      expect(await current().store.get(EVERYTHING, 'name_reservation', "'; DROP TABLE environment; --")).toBeNull();
    });

    it('returns a record as it was committed, whatever JSON it holds', async () => {
      const { store } = current();
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 4 })), async (raw) => {
          const values = JSON.parse(JSON.stringify(raw)) as JsonObject;
          const environment = sampleEnvironment({ values });
          await store.commit([putEnvironment(environment)], []);
          const read = await store.get(EVERYTHING, 'environment', environment.metadata.id);
          expect(read).toEqual({ id: environment.metadata.id, version: 1, record: environment });
        }),
        { numRuns: 50 },
      );
    });

    it('does not let one reader change what the next one gets', async () => {
      const { store } = current();
      const environment = sampleEnvironment({ values: { env: { COLOR: 'blue' } } });
      await store.commit([putEnvironment(environment)], []);
      const first = await store.get(EVERYTHING, 'environment', environment.metadata.id);
      try {
        (first?.record.spec.helmValuesOverride as { env: Record<string, string> }).env['COLOR'] = 'red';
      } catch {
        // A frozen record is as good as a copy.
      }
      const second = await store.get(EVERYTHING, 'environment', environment.metadata.id);
      expect(second?.record).toEqual(environment);
    });
  });

  describe('commit', () => {
    it('counts the versions of each id up from 1', async () => {
      const { store } = current();
      const environment = sampleEnvironment();
      const { id, name } = environment.metadata;
      const first = await store.commit([putEnvironment(environment), reserve(name, id)], []);
      expect(first).toEqual({
        committed: true,
        versions: new Map([
          [recordKey('environment', id), 1],
          [recordKey('name_reservation', name), 1],
        ]),
      });
      const second = await store.commit([putEnvironment(touched(environment, 'Second.'))], []);
      expect(second.committed && second.versions.get(recordKey('environment', id))).toBe(2);
      const third = await store.commit([putEnvironment(touched(environment, 'Third.'))], []);
      expect(third.committed && third.versions.get(recordKey('environment', id))).toBe(3);
      expect(await store.get(EVERYTHING, 'environment', id)).toMatchObject({
        version: 3,
        record: { status: { message: 'Third.' } },
      });
      expect(await versionOf(store, 'name_reservation', name)).toBe(1);
    });

    it('applies nothing of a commit one of whose preconditions fails, and says which', async () => {
      const { store } = current();
      const kept = sampleEnvironment({ name: 'kept' });
      await store.commit([putEnvironment(kept), reserve('kept', kept.metadata.id)], []);
      const newcomer = sampleEnvironment({ name: 'kept' });
      const failing: Precondition[] = [
        absent('name_reservation', 'kept'),
        { kind: 'environment', id: kept.metadata.id, version: 2 },
        { kind: 'environment', id: 'env_none', version: 1 },
      ];
      for (const failed of failing) {
        const outcome = await store.commit(
          [
            putEnvironment(newcomer),
            putEnvironment(touched(kept, 'Changed.')),
            { op: 'delete', kind: 'name_reservation', id: 'kept' },
          ],
          [absent('environment', newcomer.metadata.id), failed],
        );
        expect(outcome).toEqual({ committed: false, failed });
      }
      expect(await store.get(EVERYTHING, 'environment', newcomer.metadata.id)).toBeNull();
      expect(await store.get(EVERYTHING, 'environment', kept.metadata.id)).toMatchObject({ version: 1, record: kept });
      expect(await versionOf(store, 'name_reservation', 'kept')).toBe(1);
    });

    it('names the precondition by the object that it was given', async () => {
      const failed = { kind: 'leader_epoch', id: 'controller', version: 7 } as const;
      const outcome = await current().store.commit([reserve('x', 'env_x')], [failed]);
      expect(!outcome.committed && outcome.failed).toBe(failed);
    });

    it('applies a commit all of whose preconditions hold', async () => {
      const { store } = current();
      const environment = sampleEnvironment();
      const { id } = environment.metadata;
      await store.commit([putEnvironment(environment)], [absent('environment', id)]);
      const outcome = await store.commit(
        [{ op: 'delete', kind: 'environment', id }],
        [{ kind: 'environment', id, version: 1 }, absent('name_reservation', 'free')],
      );
      expect(outcome.committed).toBe(true);
      expect(await store.get(EVERYTHING, 'environment', id)).toBeNull();
    });

    it('checks preconditions also when there is nothing to write', async () => {
      const { store } = current();
      expect((await store.commit([], [absent('visit', 'x')])).committed).toBe(true);
      expect((await store.commit([], [{ kind: 'visit', id: 'x', version: 1 }])).committed).toBe(false);
    });

    it('deletes what is there, and does not mind what is not', async () => {
      const { store } = current();
      await store.commit([reserve('gone', 'env_1'), reserve('stays', 'env_2')], []);
      const outcome = await store.commit(
        [
          { op: 'delete', kind: 'name_reservation', id: 'gone' },
          { op: 'delete', kind: 'name_reservation', id: 'never-was' },
        ],
        [],
      );
      expect(outcome).toEqual({ committed: true, versions: new Map() });
      expect(await versionOf(store, 'name_reservation', 'gone')).toBeNull();
      expect(await versionOf(store, 'name_reservation', 'stays')).toBe(1);
    });

    it('lets a deleted id be taken again, once', async () => {
      const { store } = current();
      for (const environmentId of ['env_1', 'env_2', 'env_3']) {
        const taken = await store.commit([reserve('pr-1', environmentId)], [absent('name_reservation', 'pr-1')]);
        expect(taken.committed).toBe(true);
        const again = await store.commit([reserve('pr-1', 'env_9')], [absent('name_reservation', 'pr-1')]);
        expect(again.committed).toBe(false);
        expect((await store.get(EVERYTHING, 'name_reservation', 'pr-1'))?.record).toEqual({ environmentId });
        await store.commit([{ op: 'delete', kind: 'name_reservation', id: 'pr-1' }], []);
      }
    });

    it('keeps records of the same id in different kinds apart', async () => {
      const { store } = current();
      await store.commit(
        [
          { op: 'put', kind: 'visit', id: 'same', record: { at: '2030-01-01T00:00:00.000Z' } },
          { op: 'put', kind: 'token_secret', id: 'same', record: { tokenId: 'tok_1' } },
        ],
        [],
      );
      await store.commit([{ op: 'delete', kind: 'visit', id: 'same' }], []);
      expect(await versionOf(store, 'visit', 'same')).toBeNull();
      expect((await store.get(EVERYTHING, 'token_secret', 'same'))?.record).toEqual({ tokenId: 'tok_1' });
    });

    it('refuses to write one record twice in a commit', async () => {
      await expect(current().store.commit([reserve('x', 'env_1'), reserve('x', 'env_2')], [])).rejects.toThrow(/twice/);
      expect(await versionOf(current().store, 'name_reservation', 'x')).toBeNull();
    });
  });

  describe('contention', () => {
    it('lets exactly one of many commits have what must not exist', async () => {
      const { store, contenders = 200 } = current();
      const outcomes = await Promise.all(
        Array.from({ length: contenders }, (_, number) =>
          store.commit(
            [
              reserve('pr-1', `env_${String(number)}`),
              { op: 'put', kind: 'visit', id: `by-${String(number)}`, record: { at: '' } },
            ],
            [absent('name_reservation', 'pr-1')],
          ),
        ),
      );
      const winner = outcomes.findIndex(({ committed }) => committed);
      expect(outcomes.filter(({ committed }) => committed)).toHaveLength(1);
      expect(await store.get(EVERYTHING, 'name_reservation', 'pr-1')).toMatchObject({
        version: 1,
        record: { environmentId: `env_${String(winner)}` },
      });
      for (let number = 0; number < contenders; number += 1) {
        expect(await versionOf(store, 'visit', `by-${String(number)}`)).toBe(number === winner ? 1 : null);
      }
    });

    it('loses no increment when many read, change and try again, through two stores', async () => {
      const harness = current();
      const stores = [harness.store, await harness.openAnother()];
      const increments = 40;
      await Promise.all(
        Array.from({ length: increments }, (_, number) => incrementCounter(stores[number % 2] as EnvironmentStore)),
      );
      for (const store of stores) {
        expect(await readCounter(store)).toEqual({ value: increments, version: increments });
      }
    });

    it('does not let one refused commit spoil others that are made at the same time', async () => {
      const { store } = current();
      await store.commit([reserve('taken', 'env_0')], []);
      const ids = Array.from({ length: 20 }, () => identifiers.random('env'));
      const outcomes = await Promise.all(
        ids.map((id, number) =>
          store.commit([reserve(`name-${id}`, id)], number % 2 === 0 ? [absent('name_reservation', 'taken')] : []),
        ),
      );
      expect(outcomes.map(({ committed }) => committed)).toEqual(ids.map((_, number) => number % 2 === 1));
    });
  });

  describe('another store over the same records', () => {
    it('sees each commit as soon as it was acknowledged, also of what it has read before', async () => {
      const harness = current();
      const other = await harness.openAnother();
      const environment = sampleEnvironment();
      const { id } = environment.metadata;
      for (let version = 1; version <= 5; version += 1) {
        await harness.store.commit([putEnvironment(touched(environment, `Number ${String(version)}.`))], []);
        expect(await other.get(EVERYTHING, 'environment', id)).toMatchObject({
          version,
          record: { status: { message: `Number ${String(version)}.` } },
        });
        expect((await other.listEnvironments(EVERYTHING, {}, { limit: 1 })).items[0]?.version).toBe(version);
      }
      await harness.store.commit([{ op: 'delete', kind: 'environment', id }], []);
      expect(await other.get(EVERYTHING, 'environment', id)).toBeNull();
      expect(await other.countEnvironments(EVERYTHING, {})).toBe(0);
    });

    it('never takes a record for its predecessor of the same id and version', async () => {
      const harness = current();
      const other = await harness.openAnother();
      for (const environmentId of ['env_1', 'env_2', 'env_3']) {
        await harness.store.commit([reserve('pr-1', environmentId)], [absent('name_reservation', 'pr-1')]);
        expect((await other.get(EVERYTHING, 'name_reservation', 'pr-1'))?.record).toEqual({ environmentId });
        await harness.store.commit([{ op: 'delete', kind: 'name_reservation', id: 'pr-1' }], []);
      }
    });
  });
}
