import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import type { EnvironmentStore, Write } from '../../src/ports/environment-store.ts';
import { putEnvironment, sampleEnvironment, touched } from '../support/sample-records.ts';
import type { CurrentHarness } from './environment-store.suite.ts';

const hour = (number: number): string => new Date(Date.UTC(2030, 0, 1, number)).toISOString();

async function unannounced(store: EnvironmentStore, limit = 100): Promise<[string, number][]> {
  return (await store.listUnannounced(limit)).map(({ version, record }) => [record.metadata.name, version]);
}

export function describeHousekeeping(current: CurrentHarness): void {
  describe('announcements', () => {
    it('lists what was never announced, the oldest change first', async () => {
      const { store } = current();
      const [a, b, c] = ['a', 'b', 'c'].map((name) => sampleEnvironment({ name })) as [never, never, never];
      for (const environment of [a, b, c]) await store.commit([putEnvironment(environment)], []);
      expect(await unannounced(store)).toEqual([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]);
      await store.commit([putEnvironment(touched(a, 'Changed.'))], []);
      expect(await unannounced(store)).toEqual([
        ['b', 1],
        ['c', 1],
        ['a', 2],
      ]);
      expect(await unannounced(store, 2)).toEqual([
        ['b', 1],
        ['c', 1],
      ]);
    });

    it('forgets what was noted, until it changes again', async () => {
      const { store } = current();
      const environment = sampleEnvironment({ name: 'a', phase: 'terminated' });
      const { id } = environment.metadata;
      await store.commit([putEnvironment(environment)], []);
      await store.markAnnounced([{ id, version: 1 }]);
      expect(await unannounced(store)).toEqual([]);
      await store.commit([putEnvironment(touched(environment, 'Changed.'))], []);
      expect(await unannounced(store)).toEqual([['a', 2]]);
      await store.markAnnounced([{ id, version: 1 }]);
      expect(await unannounced(store)).toEqual([['a', 2]]);
      await store.markAnnounced([{ id, version: 2 }]);
      expect(await unannounced(store)).toEqual([]);
    });

    it('never goes back to an earlier version, and takes ids that do not exist', async () => {
      const { store } = current();
      const environment = sampleEnvironment();
      const { id } = environment.metadata;
      await store.commit([putEnvironment(environment)], []);
      await store.commit([putEnvironment(environment)], []);
      await store.markAnnounced([{ id, version: 2 }]);
      await store.markAnnounced([
        { id, version: 1 },
        { id: 'env_none', version: 3 },
      ]);
      await store.markAnnounced([]);
      expect(await unannounced(store)).toEqual([]);
    });

    it('is not a new version of the record', async () => {
      const { store } = current();
      const environment = sampleEnvironment();
      const { id } = environment.metadata;
      await store.commit([putEnvironment(environment)], []);
      await store.markAnnounced([{ id, version: 1 }]);
      expect(await store.get(EVERYTHING, 'environment', id)).toEqual({ id, version: 1, record: environment });
      const outcome = await store.commit([putEnvironment(environment)], [{ kind: 'environment', id, version: 1 }]);
      expect(outcome.committed).toBe(true);
    });
  });

  describe('purgeExpired', () => {
    const expiring = (id: string, expiresAt: string): Write[] => [
      {
        op: 'put',
        kind: 'idempotency_row',
        id,
        record: { requestHash: '', status: 201, sealedBody: '', location: null, expiresAt },
      },
      { op: 'put', kind: 'session', id, record: { userId: 'usr_1', provenBy: 'link', createdAt: hour(0), expiresAt } },
      { op: 'put', kind: 'sign_in_link', id, record: { userId: 'usr_1', expiresAt } },
    ];
    const kinds = ['idempotency_row', 'session', 'sign_in_link'] as const;

    it('removes what ended before now, and nothing else', async () => {
      const { store } = current();
      await store.commit(
        [...expiring('ended', hour(1)), ...expiring('now', hour(2)), ...expiring('later', hour(3))],
        [],
      );
      await store.commit([putEnvironment(sampleEnvironment())], []);
      for (const kind of kinds) await store.get(EVERYTHING, kind, 'ended');
      expect(await store.purgeExpired(hour(2), 10)).toBe(3);
      for (const kind of kinds) {
        expect(await store.get(EVERYTHING, kind, 'ended')).toBeNull();
        const left = await store.list(EVERYTHING, kind, { limit: 10 });
        expect(left.items.map(({ id }) => id)).toEqual(['later', 'now']);
      }
      expect(await store.countEnvironments(EVERYTHING, {})).toBe(1);
      expect(await store.purgeExpired(hour(2), 10)).toBe(0);
    });

    it('removes no more than the limit of each kind at a time', async () => {
      const { store } = current();
      await store.commit(
        Array.from({ length: 5 }, (_, number) => expiring(`id-${String(number)}`, hour(number))).flat(),
        [],
      );
      const purged: number[] = [];
      for (let round = 0; round < 4; round += 1) purged.push(await store.purgeExpired(hour(20), 2));
      expect(purged).toEqual([6, 6, 3, 0]);
    });
  });

  describe('check and close', () => {
    it('answers while it is open', async () => {
      await expect(current().store.check()).resolves.toBeUndefined();
    });

    it('keeps everything over a close, and does not mind being closed twice', async () => {
      const harness = current();
      const environment = sampleEnvironment({ audience: ['usr_guest'] });
      const { id } = environment.metadata;
      await harness.store.commit([putEnvironment(environment)], []);
      await harness.store.commit([putEnvironment(touched(environment, 'Last.'))], []);
      await harness.store.close();
      await harness.store.close();
      const reopened = await harness.openAnother();
      expect(await reopened.get(EVERYTHING, 'environment', id)).toMatchObject({
        version: 2,
        record: { status: { message: 'Last.' } },
      });
      expect(await reopened.countEnvironments({ scope: 'audience', userId: 'usr_guest' }, {})).toBe(1);
      const next = await reopened.commit([putEnvironment(environment)], [{ kind: 'environment', id, version: 2 }]);
      expect(next.committed).toBe(true);
    });

    it('fails with `unavailable` once it is closed', async () => {
      const { store } = current();
      await store.close();
      await expect(store.commit([putEnvironment(sampleEnvironment())], [])).rejects.toMatchObject({
        kind: 'unavailable',
      });
      await expect(store.check()).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });
}
