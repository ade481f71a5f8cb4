import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import { describeEnvironmentStoreContract } from './environment-store.suite.ts';

describeEnvironmentStoreContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-store-'));
  const opened: EnvironmentStore[] = [];
  const open = (): EnvironmentStore => {
    const store = createSqliteStore(openDatabase(join(folder, 'blueberry.db')));
    opened.push(store);
    return store;
  };
  return {
    store: open(),
    openAnother: async () => open(),
    async dispose() {
      for (const store of opened) await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
