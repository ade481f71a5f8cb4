import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import type { EnvironmentStore, ListableKind, RecordQuery, Write } from '../../src/ports/environment-store.ts';
import { LISTABLE_FIELDS } from '../../src/ports/environment-store.ts';
import { sampleRepository, sampleUser, SAMPLE_TIME } from '../support/sample-records.ts';
import type { CurrentHarness } from './environment-store.suite.ts';

function timelineEvent(id: string, environmentId: string): Write {
  const record = {
    environmentId,
    at: SAMPLE_TIME,
    type: 'intent',
    reason: 'Created',
    message: 'Created.',
    actor: 'ann@example.org',
    generation: 1,
  } as const;
  return { op: 'put', kind: 'timeline_event', id, record };
}

const owner = { id: 'usr_1', email: 'ann@example.org' };

/** Two records of each kind that differ in every field by which that kind can be listed. */
const PAIRS: { [K in ListableKind]: readonly [Write, Write] } = {
  timeline_event: [timelineEvent('a', 'env_1'), timelineEvent('b', 'env_2')],
  effective_values: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'effective_values',
    id: `env_${n}:1`,
    record: { environmentId: `env_${n}`, revision: 1, commit: '', createdAt: SAMPLE_TIME, values: {}, origins: {} },
  })) as unknown as [Write, Write],
  quota_slot: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'quota_slot',
    id: `owner:${n}:0`,
    record: { subject: `owner:${n}`, environmentId: `env_${n}` },
  })) as unknown as [Write, Write],
  repository: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'repository',
    id: `repo_${n}`,
    record: sampleRepository({ name: `name-${n}`, url: `https://git.example.org/${n}` }),
  })) as unknown as [Write, Write],
  config_set: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'config_set',
    id: `cfg_${n}`,
    record: {
      name: `name-${n}`,
      description: '',
      repositoryIds: [],
      revision: 1,
      createdAt: SAMPLE_TIME,
      updatedAt: SAMPLE_TIME,
      createdBy: owner,
    },
  })) as unknown as [Write, Write],
  config_set_revision: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'config_set_revision',
    id: `cfg_${n}:1`,
    record: {
      configSetId: `cfg_${n}`,
      revision: 1,
      values: {},
      sealedSecrets: {},
      createdAt: SAMPLE_TIME,
      createdBy: owner,
    },
  })) as unknown as [Write, Write],
  api_token: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'api_token',
    id: `tok_${n}`,
    record: {
      name: 'ci',
      owner: { id: `usr_${n}`, email: 'same@example.org' },
      scopes: [],
      expiresAt: null,
      revokedAt: null,
      createdAt: SAMPLE_TIME,
      updatedAt: SAMPLE_TIME,
    },
  })) as unknown as [Write, Write],
  user: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'user',
    id: `usr_${n}`,
    record: sampleUser(`usr_${n}`, { email: `${n}@example.org`, issuer: `issuer-${n}` }),
  })) as unknown as [Write, Write],
  session: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'session',
    id: `session-${n}`,
    record: { userId: `usr_${n}`, provenBy: 'link', createdAt: SAMPLE_TIME, expiresAt: SAMPLE_TIME },
  })) as unknown as [Write, Write],
  sign_in_link: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'sign_in_link',
    id: `link-${n}`,
    record: { userId: `usr_${n}`, expiresAt: SAMPLE_TIME },
  })) as unknown as [Write, Write],
  idempotency_row: ['1', '2'].map((n) => ({
    op: 'put',
    kind: 'idempotency_row',
    id: `row-${n}`,
    record: { requestHash: n, status: 201, sealedBody: '', location: null, expiresAt: SAMPLE_TIME },
  })) as unknown as [Write, Write],
};

function fieldOf(write: Write, field: string): string {
  if (write.op !== 'put') throw new Error('Only records that are put have fields.');
  const value = field.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], write.record);
  return String(value);
}

function listIds(store: EnvironmentStore, kind: ListableKind, query: RecordQuery<ListableKind>): Promise<string[]> {
  return store.list(EVERYTHING, kind, query).then(({ items }) => items.map(({ id }) => id));
}

export function describeRecordLists(current: CurrentHarness): void {
  describe('list', () => {
    for (const kind of Object.keys(PAIRS) as ListableKind[]) {
      it(`lists ${kind} records, and finds them by ${LISTABLE_FIELDS[kind].join(', ') || 'nothing else'}`, async () => {
        const { store } = current();
        const pair = PAIRS[kind];
        await store.commit(pair, []);
        const ids = pair.map(({ id }) => id);
        expect(await listIds(store, kind, { limit: 10 })).toEqual(ids);
        expect(await listIds(store, kind, { limit: 10, order: 'descending' })).toEqual(ids.toReversed());
        for (const field of LISTABLE_FIELDS[kind]) {
          for (const write of pair) {
            const where = { [field]: fieldOf(write, field) };
            expect(await listIds(store, kind, { limit: 10, where })).toEqual([write.id]);
          }
          expect(await listIds(store, kind, { limit: 10, where: { [field]: 'neither' } })).toEqual([]);
        }
      });
    }

    it('wants every field of `where` to be so', async () => {
      const { store } = current();
      await store.commit(PAIRS.user, []);
      const where = (email: string, issuer: string) => ({ limit: 10, where: { email, issuer } });
      expect((await store.list(EVERYTHING, 'user', where('1@example.org', 'issuer-1'))).items).toHaveLength(1);
      expect((await store.list(EVERYTHING, 'user', where('1@example.org', 'issuer-2'))).items).toHaveLength(0);
    });

    it('takes a value for nothing but a value', async () => {
      const { store } = current();
      await store.commit(PAIRS.repository, []);
      for (const name of ['%', '_______', "name-1' OR '1'='1", '', 'NAME-1', 'name-1 ']) {
        expect((await store.list(EVERYTHING, 'repository', { limit: 10, where: { name } })).items).toEqual([]);
      }
    });

    it('pages in both directions, with what is added meanwhile at its place', async () => {
      const { store } = current();
      const letters = ['a', 'c', 'e', 'g', 'i'];
      await store.commit(
        letters.map((letter) => timelineEvent(letter, 'env_1')),
        [],
      );
      for (const order of ['ascending', 'descending'] as const) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.list(EVERYTHING, 'timeline_event', {
            limit: 2,
            cursor,
            order,
            where: { environmentId: 'env_1' },
          });
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor ?? undefined;
          await store.commit([timelineEvent(`z-${order}-${String(seen.length)}`, 'env_2')], []);
        } while (cursor !== undefined);
        expect(seen).toEqual(order === 'ascending' ? letters : letters.toReversed());
      }
    });

    it('returns whole records with their versions', async () => {
      const { store } = current();
      const record = sampleRepository({ name: 'api', values: { env: { A: 'b' } } });
      const write: Write = { op: 'put', kind: 'repository', id: 'repo_x', record };
      await store.commit([write], []);
      await store.commit([write], []);
      const page = await store.list(EVERYTHING, 'repository', { limit: 1 });
      expect(page).toEqual({ items: [{ id: 'repo_x', version: 2, record }], nextCursor: null });
    });

    it('refuses cursors and limits that cannot be', async () => {
      const { store } = current();
      await store.commit([...PAIRS.repository, ...PAIRS.user], []);
      const other = await store.list(EVERYTHING, 'user', { limit: 1 });
      for (const cursor of ['', 'x', '!!', other.nextCursor ?? '']) {
        await expect(store.list(EVERYTHING, 'repository', { limit: 1, cursor })).rejects.toMatchObject({
          kind: 'invalid',
          faults: [{ loc: ['query', 'cursor'] }],
        });
      }
      await expect(store.list(EVERYTHING, 'repository', { limit: 0 })).rejects.toMatchObject({ kind: 'invalid' });
    });
  });
}
