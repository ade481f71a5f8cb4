import { describe, expect, it } from 'vitest';
import { EVERYTHING, type Visibility } from '../../src/core/permissions.ts';
import type { RecordKind } from '../../src/core/records.ts';
import type { EnvironmentFilter, ListableKind, Write } from '../../src/ports/environment-store.ts';
import { LISTABLE_FIELDS } from '../../src/ports/environment-store.ts';
import {
  identifiers,
  putEnvironment,
  sampleEnvironment,
  sampleRepository,
  sampleUser,
} from '../support/sample-records.ts';
import type { CurrentHarness } from './environment-store.suite.ts';

const guest: Visibility = { scope: 'audience', userId: 'usr_guest' };
const stranger: Visibility = { scope: 'audience', userId: 'usr_stranger' };
const nobody: Visibility = { scope: 'audience', userId: '' };

const minute = (number: number): string => new Date(Date.UTC(2030, 0, 1, 0, number)).toISOString();

export function describeVisibility(current: CurrentHarness): void {
  describe('visibility', () => {
    it('shows an environment only to those whom its audience names, in every read', async () => {
      const { store } = current();
      const shown = sampleEnvironment({ name: 'shown', audience: ['usr_other', 'usr_guest'] });
      const hidden = sampleEnvironment({ name: 'hidden', audience: ['usr_other', 'usr_guest2', 'usr_gues'] });
      const unshared = sampleEnvironment({ name: 'unshared' });
      await store.commit([shown, hidden, unshared].map(putEnvironment), []);
      const expectations: [Visibility, string[]][] = [
        [EVERYTHING, [shown, hidden, unshared].map(({ metadata }) => metadata.id)],
        [guest, [shown.metadata.id]],
        [stranger, []],
        [nobody, []],
      ];
      for (const [visibility, visible] of expectations) {
        for (const { metadata } of [shown, hidden, unshared]) {
          const found = await store.get(visibility, 'environment', metadata.id);
          expect(found?.id ?? null).toBe(visible.includes(metadata.id) ? metadata.id : null);
          const byName: EnvironmentFilter = { name: metadata.name };
          const listed = await store.listEnvironments(visibility, byName, { limit: 5 });
          expect(listed.items.map(({ id }) => id)).toEqual(visible.includes(metadata.id) ? [metadata.id] : []);
          expect(await store.countEnvironments(visibility, byName)).toBe(visible.includes(metadata.id) ? 1 : 0);
        }
        const { items } = await store.listEnvironments(visibility, {}, { limit: 10 });
        expect(new Set(items.map(({ id }) => id))).toEqual(new Set(visible));
        expect(await store.countEnvironments(visibility, {})).toBe(visible.length);
      }
    });

    it('pages through what is visible only, without a trace of the rest', async () => {
      const { store } = current();
      const environments = Array.from({ length: 12 }, (_, number) =>
        sampleEnvironment({ createdAt: minute(number), audience: number % 3 === 0 ? ['usr_guest'] : [] }),
      );
      await store.commit(environments.map(putEnvironment), []);
      const first = await store.listEnvironments(guest, {}, { limit: 2 });
      const second = await store.listEnvironments(guest, {}, { limit: 2, cursor: first.nextCursor ?? undefined });
      expect([...first.items, ...second.items].map(({ record }) => record.metadata.createdAt)).toEqual(
        [9, 6, 3, 0].map(minute),
      );
      expect(second.nextCursor).toBeNull();
      expect(await store.countEnvironments(guest, { q: 'pr-' })).toBe(4);
    });

    it('follows the audience as it changes', async () => {
      const { store } = current();
      const id = identifiers.random('env');
      const audiences = [[], ['usr_guest'], ['usr_guest', 'usr_other'], ['usr_other'], []];
      for (const audience of audiences) {
        await store.commit([putEnvironment(sampleEnvironment({ id, audience }))], []);
        const visible = audience.includes('usr_guest');
        expect((await store.get(guest, 'environment', id)) !== null).toBe(visible);
        expect(await store.countEnvironments(guest, {})).toBe(visible ? 1 : 0);
      }
    });

    it('shows repositories by their audience, too', async () => {
      const { store } = current();
      const put = (id: string, audience: readonly string[]): Write => ({
        op: 'put',
        kind: 'repository',
        id,
        record: sampleRepository({ audience }),
      });
      await store.commit(
        [put('repo_1', ['usr_guest']), put('repo_2', []), put('repo_3', ['usr_other', 'usr_guest'])],
        [],
      );
      const listed = await store.list(guest, 'repository', { limit: 10, where: { name: 'web' } });
      expect(listed.items.map(({ id }) => id)).toEqual(['repo_1', 'repo_3']);
      expect((await store.list(stranger, 'repository', { limit: 10 })).items).toEqual([]);
      expect((await store.list(EVERYTHING, 'repository', { limit: 10 })).items).toHaveLength(3);
      expect(await store.get(guest, 'repository', 'repo_2')).toBeNull();
      expect((await store.get(guest, 'repository', 'repo_3'))?.id).toBe('repo_3');
      const first = await store.list(guest, 'repository', { limit: 1 });
      const second = await store.list(guest, 'repository', { limit: 1, cursor: first.nextCursor ?? undefined });
      expect([first, second].map(({ items }) => items[0]?.id)).toEqual(['repo_1', 'repo_3']);
      expect(second.nextCursor).toBeNull();
    });

    it('hides every kind without an audience from those who do not see everything', async () => {
      const { store } = current();
      const id = 'usr_guest';
      await store.commit(
        [
          { op: 'put', kind: 'user', id, record: sampleUser(id) },
          { op: 'put', kind: 'name_reservation', id, record: { environmentId: id } },
          {
            op: 'put',
            kind: 'session',
            id,
            record: { userId: id, provenBy: 'link', createdAt: minute(0), expiresAt: minute(1) },
          },
          { op: 'put', kind: 'password', id, record: { hash: '', updatedAt: minute(0) } },
        ],
        [],
      );
      for (const kind of ['user', 'name_reservation', 'session', 'password'] as RecordKind[]) {
        expect(await store.get(EVERYTHING, kind, id)).not.toBeNull();
        expect(await store.get(guest, kind, id)).toBeNull();
      }
      for (const kind of Object.keys(LISTABLE_FIELDS) as ListableKind[]) {
        expect((await store.list(guest, kind, { limit: 10 })).items).toEqual([]);
      }
    });
  });
}
