import { createGitOpsRepository } from '../../src/adapters/git/gitops-repository.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { gitOpsChange } from './gitops-remote.ts';

// A process that commits files without end, several at a time, to the repository in its first argument, with its clone
// in the folder of the second, and writes down the path of each one only after it was acknowledged.
const [url = '', folder = ''] = process.argv.slice(2);
const repository = createGitOpsRepository({
  folder,
  url,
  credential: null,
  branch: 'main',
  author: { name: 'Blueberry', email: 'blueberry@example.invalid' },
  policy: { allowLocal: true, privateHosts: [] },
  userEnvironment: { PATH: process.env['PATH'] ?? '' },
  clock: createSystemClock(),
});

async function commitOne(name: string): Promise<void> {
  const path = `environments/${name}.yaml`;
  await repository.commit(gitOpsChange({ [path]: name }), name);
  process.stdout.write(`${path}\n`);
}

for (let round = 0; ; round += 1)
  await Promise.all([0, 1, 2].map((index) => commitOne(`p${process.pid}-${round}-${index}`)));
