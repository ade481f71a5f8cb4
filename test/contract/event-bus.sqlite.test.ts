import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../src/adapters/sqlite/database.ts';
import { createSqliteEventBus } from '../../src/adapters/sqlite/sqlite-event-bus.ts';
import type { EventBus } from '../../src/ports/event-bus.ts';
import { describeEventBusContract } from './event-bus.suite.ts';

describeEventBusContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-bus-'));
  const databases: Database[] = [];
  const buses: EventBus[] = [];
  const open = (name: string, keep?: number): EventBus => {
    const database = openDatabase(join(folder, name));
    databases.push(database);
    const bus = createSqliteEventBus(database, keep === undefined ? {} : { keep });
    buses.push(bus);
    return bus;
  };
  const bus = open('blueberry.db');
  return {
    bus,
    async reopen() {
      await bus.close();
      await databases[0]?.close();
      return open('blueberry.db');
    },
    openElsewhere: async () => open('elsewhere.db'),
    openKeeping: async (announcements) => open('short.db', announcements),
    async dispose() {
      for (const each of buses) await each.close();
      for (const database of databases) await database.close();
      await rm(folder, { recursive: true });
    },
  };
});
