import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteEventBus } from '../../src/adapters/sqlite/sqlite-event-bus.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { putEnvironment, sampleEnvironment } from './sample-records.ts';

// A process that makes environments without end in the database file in its first argument, several at a time, each
// with a reservation of its name, announces them, and writes down the id of each one only after it was acknowledged.
const [file = '', several = '1'] = process.argv.slice(2);
const database = openDatabase(file);
const store = createSqliteStore(database);
const bus = createSqliteEventBus(database);

async function makeOne(name: string): Promise<void> {
  const environment = sampleEnvironment({ name });
  const { id } = environment.metadata;
  const outcome = await store.commit(
    [putEnvironment(environment), { op: 'put', kind: 'name_reservation', id: name, record: { environmentId: id } }],
    [{ kind: 'name_reservation', id: name, absent: true }],
  );
  if (!outcome.committed) throw new Error(`${name} was there already.`);
  await bus.publish({ type: 'created', environment: { id, version: 1, record: environment } });
  process.stdout.write(`${id}\n`);
}

for (let round = 0; ; round += 1) {
  const names = Array.from({ length: Number(several) }, (_, number) => `p${process.pid}-${round}-${number}`);
  await Promise.all(names.map(makeOne));
}
