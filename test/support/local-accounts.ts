import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalAuthenticator } from '../../src/adapters/local-auth/local-authenticator.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import type { User } from '../../src/core/records.ts';
import type { Authenticator, LocalAccounts } from '../../src/ports/authenticator.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import { identifiers, sampleUser } from './sample-records.ts';

export interface LocalAccountsFixture {
  readonly store: EnvironmentStore;
  readonly authenticator: Authenticator & LocalAccounts;
  openAnother(): Authenticator & LocalAccounts;
  /** @returns the user's id */
  addUser(email: string, wanted?: Partial<User>): Promise<string>;
  changeUser(id: string, change: Partial<User>): Promise<void>;
  dispose(): Promise<void>;
}

/** Local sign-in over a SQLite store of its own. */
export async function localAccounts(clock: Clock): Promise<LocalAccountsFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-accounts-'));
  const store = createSqliteStore(openDatabase(join(folder, 'blueberry.db')));
  const openAnother = () => createLocalAuthenticator({ store, clock, identifiers });
  return {
    store,
    authenticator: openAnother(),
    openAnother,
    async addUser(email, wanted = {}) {
      const id = identifiers.ordered('usr');
      await store.commit(
        [
          { op: 'put', kind: 'user', id, record: sampleUser(id, { email, ...wanted }) },
          { op: 'put', kind: 'email_reservation', id: email, record: { userId: id } },
        ],
        [],
      );
      return id;
    },
    async changeUser(id, change) {
      const user = await store.get(EVERYTHING, 'user', id);
      if (!user) throw new Error(`There is no user ${id}.`);
      await store.commit([{ op: 'put', kind: 'user', id, record: { ...user.record, ...change } }], []);
    },
    async dispose() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}
