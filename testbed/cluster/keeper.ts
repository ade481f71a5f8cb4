import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Ends what a cluster is made of. It is told on standard input which process groups there are, and its input ends when
// the cluster is stopped, and just so when the process that started the cluster is killed: then it kills the groups,
// removes the folder of the cluster, and ends.

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('The folder of the cluster is missing: keeper.ts FOLDER');

const groups = new Set<number>();
for await (const line of createInterface({ input: process.stdin })) {
  const [word, group] = line.split(' ');
  if (word === 'hold') groups.add(Number(group));
  if (word === 'free') groups.delete(Number(group));
}

for (const group of groups) signal(group, 'SIGKILL');
while ([...groups].some((group) => signal(group, 0))) await sleep(10);
await rm(folder, { recursive: true, force: true, maxRetries: 5 });

/** Whether the group was there to get the signal. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}
