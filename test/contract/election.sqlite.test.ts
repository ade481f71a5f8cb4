import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteElection } from '../../src/adapters/sqlite/sqlite-election.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { endChildScripts, startChildScript } from '../support/child-script.ts';
import { describeElectionContract } from './election.suite.ts';

describeElectionContract('SQLite lock file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-election-'));
  const file = join(folder, 'leader.lock');
  let candidates = 0;
  return {
    async candidate() {
      candidates += 1;
      return createSqliteElection({ file, clock: createSystemClock(), holder: `candidate-${String(candidates)}` });
    },
    async leadInAnotherProcess() {
      const child = startChildScript('lead-until-killed.ts', [file]);
      await child.nextLine();
      return { pid: child.pid, kill: () => child.end('SIGKILL') };
    },
    takeoverMs: 3_000,
    async dispose() {
      await endChildScripts();
      await rm(folder, { recursive: true });
    },
  };
});
