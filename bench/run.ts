// The performance budgets, measured beside their peers. `npm run bench -- list start` runs chosen ones.
import { cpus } from 'node:os';
import { benchCreateEnvironment } from './create-environment.ts';
import { benchCreateApplication } from './kubernetes/create-application.ts';
import { benchFollowStatus } from './kubernetes/follow-status.ts';
import { benchManyEnvironments } from './kubernetes/many-environments.ts';
import { benchRestart } from './kubernetes/restart.ts';
import { benchListEnvironments } from './list-environments.ts';
import { benchServeBranch } from './serve-branch.ts';
import { benchStart } from './start.ts';
import { printTable, type Figure } from './table.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  start: benchStart,
  create: benchCreateEnvironment,
  serve: benchServeBranch,
  list: benchListEnvironments,
  'kubernetes-create': benchCreateApplication,
  'kubernetes-events': benchFollowStatus,
  'kubernetes-many': benchManyEnvironments,
  'kubernetes-restart': benchRestart,
};

const chosen = process.argv.slice(2);
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(BENCHMARKS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`Measuring: ${name}`);
  figures.push(...(await measure()));
}
const [cpu] = cpus();
printTable(
  `Budgets, on ${String(cpus().length)} × ${cpu?.model ?? 'unknown processor'}, Node.js ${process.versions.node}`,
  figures,
);
