import { createSqliteElection } from '../../src/adapters/sqlite/sqlite-election.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';

// A process that campaigns for the lock file in its first argument, says so when it leads, and stays.
const [file = ''] = process.argv.slice(2);
const election = createSqliteElection({ file, clock: createSystemClock() });
await election.campaign(new AbortController().signal);
process.stdout.write('leading\n');
setInterval(() => undefined, 60_000);
