import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { incrementCounter } from './shared-counter.ts';

// A process that counts up in the database file in its first argument, as often as the second one says.
const [file = '', times = '0'] = process.argv.slice(2);
const store = createSqliteStore(openDatabase(file));
for (let count = 0; count < Number(times); count += 1) await incrementCounter(store);
await store.close();
process.stdout.write('done\n');
