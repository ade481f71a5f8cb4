import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { componentOf, PHASES, type Environment } from '../../src/core/environment.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import type { EnvironmentFilter, EnvironmentStore } from '../../src/ports/environment-store.ts';
import { identifiers, putEnvironment, sampleEnvironment, touched } from '../support/sample-records.ts';
import type { CurrentHarness } from './environment-store.suite.ts';

const minute = (number: number): string => new Date(Date.UTC(2030, 0, 1, 0, number)).toISOString();

async function idsOfAllPages(
  store: EnvironmentStore,
  filter: EnvironmentFilter,
  limit: number,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listEnvironments(EVERYTHING, filter, { limit, cursor });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
    await between();
  } while (cursor !== undefined);
  return ids;
}

/** The filter in plain words, to compare any store with. */
function matches({ metadata, spec, status }: Environment, filter: EnvironmentFilter): boolean {
  const { repositoryId, branch } = spec.components[0];
  const phases = filter.phases ?? PHASES.filter((phase) => phase !== 'terminated');
  const q = filter.q?.toLowerCase();
  return (
    phases.includes(status.phase) &&
    [undefined, repositoryId].includes(filter.repositoryId) &&
    [undefined, branch].includes(filter.branch) &&
    [undefined, metadata.owner.email].includes(filter.owner) &&
    [undefined, spec.configSet?.id].includes(filter.configSetId) &&
    [undefined, metadata.name].includes(filter.name) &&
    (q === undefined || [metadata.name, branch, metadata.owner.email].some((text) => text.toLowerCase().startsWith(q)))
  );
}

function newestFirst(left: Environment, right: Environment): number {
  const [a, b] = [left, right].map(({ metadata }) => `${metadata.createdAt} ${metadata.id}`) as [string, string];
  return a < b ? 1 : -1;
}

const NAMES = ['pr-1', 'pr-12', 'pr-2', 'main', 'p'];
const BRANCHES = ['main', 'feature/Login', 'feature/login-2', 'Ärger', 'a_b', 'a%b', 'axb', 'pr-1'];
const OWNERS = ['ann@example.org', 'Bob@example.org', 'ann@example.com', 'a_n@example.org'];
const REPOSITORIES = ['repo_a', 'repo_b'];

export function describeEnvironmentLists(current: CurrentHarness): void {
  describe('listEnvironments', () => {
    it('is empty at first', async () => {
      expect(await current().store.listEnvironments(EVERYTHING, {}, { limit: 50 })).toEqual({
        items: [],
        nextCursor: null,
      });
      expect(await current().store.countEnvironments(EVERYTHING, {})).toBe(0);
    });

    it('shows the newest first, those of one moment by descending id, each with its version', async () => {
      const { store } = current();
      const environments = [3, 1, 2, 2, 2].map((number) => sampleEnvironment({ createdAt: minute(number) }));
      await store.commit(environments.map(putEnvironment), []);
      await store.commit([putEnvironment(touched(environments[0] as Environment, 'Changed.'))], []);
      const { items } = await store.listEnvironments(EVERYTHING, {}, { limit: 50 });
      expect(items.map(({ id }) => id)).toEqual(environments.toSorted(newestFirst).map(({ metadata }) => metadata.id));
      expect(items.map(({ version }) => version)).toEqual([2, 1, 1, 1, 1]);
      expect(items[0]?.record.status.message).toBe('Changed.');
    });

    it('has no next cursor when the last page is exactly full', async () => {
      const { store } = current();
      await store.commit(
        [1, 2, 3].map((number) => putEnvironment(sampleEnvironment({ createdAt: minute(number) }))),
        [],
      );
      expect((await store.listEnvironments(EVERYTHING, {}, { limit: 3 })).nextCursor).toBeNull();
      expect((await store.listEnvironments(EVERYTHING, {}, { limit: 2 })).nextCursor).not.toBeNull();
    });

    it('pages through everything once, however large the pages are', async () => {
      const { store } = current();
      const environments = Array.from({ length: 23 }, (_, number) =>
        sampleEnvironment({ createdAt: minute(Math.floor(number / 4)) }),
      );
      await store.commit(environments.map(putEnvironment), []);
      const expected = environments.toSorted(newestFirst).map(({ metadata }) => metadata.id);
      for (const limit of [1, 2, 5, 22, 23, 24]) expect(await idsOfAllPages(store, {}, limit)).toEqual(expected);
    });

    it('neither skips nor repeats when newer ones are made and others change between the pages', async () => {
      const { store } = current();
      const environments = Array.from({ length: 12 }, (_, number) => sampleEnvironment({ createdAt: minute(number) }));
      await store.commit(environments.map(putEnvironment), []);
      let round = 0;
      const ids = await idsOfAllPages(store, {}, 3, async () => {
        round += 1;
        await store.commit([putEnvironment(sampleEnvironment({ createdAt: minute(100 + round) }))], []);
        await store.commit([putEnvironment(touched(environments[round] as Environment, 'Changed.'))], []);
      });
      expect(ids).toEqual(environments.toSorted(newestFirst).map(({ metadata }) => metadata.id));
    });

    it('goes on behind the cursor though the one it named is gone', async () => {
      const { store } = current();
      const environments = [1, 2, 3, 4].map((number) => sampleEnvironment({ createdAt: minute(number) }));
      await store.commit(environments.map(putEnvironment), []);
      const first = await store.listEnvironments(EVERYTHING, {}, { limit: 2 });
      await store.commit([{ op: 'delete', kind: 'environment', id: first.items[1]?.id ?? '' }], []);
      const second = await store.listEnvironments(EVERYTHING, {}, { limit: 2, cursor: first.nextCursor ?? undefined });
      expect(second.items.map(({ record }) => record.metadata.createdAt)).toEqual([minute(2), minute(1)]);
    });

    it('refuses a cursor that no page has given', async () => {
      const { store } = current();
      await store.commit(
        [1, 2].map((number) => putEnvironment(sampleEnvironment({ createdAt: minute(number) }))),
        [],
      );
      const { nextCursor } = await store.listEnvironments(EVERYTHING, {}, { limit: 1 });
      const attempts = fc.oneof(
        fc.string(),
        fc.base64String(),
        fc.constantFrom(
          '',
          'null',
          'e30',
          'W10',
          'WyJlbnZpcm9ubWVudCJd',
          `${nextCursor ?? ''}A`,
          `${nextCursor ?? ''} `,
        ),
      );
      await fc.assert(
        fc.asyncProperty(attempts, async (cursor) => {
          await expect(store.listEnvironments(EVERYTHING, {}, { limit: 1, cursor })).rejects.toMatchObject({
            kind: 'invalid',
            faults: [{ loc: ['query', 'cursor'] }],
          });
        }),
        { numRuns: 60 },
      );
    });

    it('returns the same as counting, filtering and sorting by hand, for every filter', async () => {
      const { store } = current();
      const environments = fc
        .sample(
          fc.record({
            name: fc.constantFrom(...NAMES),
            branch: fc.constantFrom(...BRANCHES),
            owner: fc.constantFrom(...OWNERS),
            repositoryId: fc.constantFrom(...REPOSITORIES),
            configSetId: fc.constantFrom(null, 'cfg_a', 'cfg_b'),
            phase: fc.constantFrom(...PHASES),
            createdAt: fc.nat(20).map(minute),
          }),
          60,
        )
        .map(sampleEnvironment);
      await store.commit(environments.map(putEnvironment), []);
      const filters = fc.record(
        {
          phases: fc.uniqueArray(fc.constantFrom(...PHASES), { minLength: 1 }),
          repositoryId: fc.constantFrom(...REPOSITORIES, 'repo_none'),
          branch: fc.constantFrom(...BRANCHES, 'none'),
          owner: fc.constantFrom(...OWNERS, 'bob@example.org'),
          configSetId: fc.constantFrom('cfg_a', 'cfg_b'),
          name: fc.constantFrom(...NAMES, 'PR-1'),
          q: fc.constantFrom('p', 'PR-1', 'pr-12', 'ANN@', 'feature/l', 'ä', 'a_', 'a%', '%', '_', "'", 'b', 'x'),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(filters, fc.integer({ min: 1, max: 70 }), async (filter, limit) => {
          const expected = environments.filter((environment) => matches(environment, filter)).toSorted(newestFirst);
          expect(await idsOfAllPages(store, filter, limit)).toEqual(expected.map(({ metadata }) => metadata.id));
          expect(await store.countEnvironments(EVERYTHING, filter)).toBe(expected.length);
        }),
        { numRuns: 150 },
      );
    });

    it('follows an environment through its phases, and out of the list of the living at its end', async () => {
      const { store } = current();
      const id = identifiers.random('env');
      for (const phase of PHASES) {
        await store.commit([putEnvironment(sampleEnvironment({ id, phase }))], []);
        for (const asked of PHASES) {
          const found = await store.listEnvironments(EVERYTHING, { phases: [asked] }, { limit: 5 });
          expect(found.items.map((item) => item.id)).toEqual(asked === phase ? [id] : []);
        }
        expect(await store.countEnvironments(EVERYTHING, {})).toBe(phase === 'terminated' ? 0 : 1);
      }
      expect((await store.get(EVERYTHING, 'environment', id))?.record.status.phase).toBe('terminated');
    });

    it('finds by what an environment has now, not by what it had', async () => {
      const { store } = current();
      const id = identifiers.random('env');
      await store.commit([putEnvironment(sampleEnvironment({ id, configSetId: 'cfg_a', branch: 'old' }))], []);
      await store.commit([putEnvironment(sampleEnvironment({ id, configSetId: null, branch: 'new' }))], []);
      expect(await store.countEnvironments(EVERYTHING, { configSetId: 'cfg_a' })).toBe(0);
      expect(await store.countEnvironments(EVERYTHING, { q: 'OLD' })).toBe(0);
      const { items } = await store.listEnvironments(EVERYTHING, { branch: 'new' }, { limit: 5 });
      expect(items.map(({ record }) => componentOf(record).branch)).toEqual(['new']);
    });

    it('refuses a limit that is not a whole number from 1 to 1000', async () => {
      for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
        await expect(current().store.listEnvironments(EVERYTHING, {}, { limit })).rejects.toMatchObject({
          kind: 'invalid',
        });
      }
      await current().store.listEnvironments(EVERYTHING, {}, { limit: 1000 });
    });
  });
}
