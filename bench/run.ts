// The performance budgets, measured beside their peers. `npm run bench -- list start` runs chosen ones.
import { cpus, loadavg } from 'node:os';
import { findProgram, howToGet } from '../scripts/requirements.ts';
import { tiers } from '../scripts/tiers.ts';
import { benchCreateEnvironment } from './create-environment.ts';
import { benchCreateApplication } from './kubernetes/create-application.ts';
import { benchFollowStatus } from './kubernetes/follow-status.ts';
import { benchManyEnvironments } from './kubernetes/many-environments.ts';
import { benchRestart } from './kubernetes/restart.ts';
import { benchListEnvironments } from './list-environments.ts';
import { benchServeBranch } from './serve-branch.ts';
import { benchStart } from './start.ts';
import { printTable, type Figure } from './table.ts';

const LOCAL: Readonly<Record<string, () => Promise<Figure[]>>> = {
  start: benchStart,
  create: benchCreateEnvironment,
  serve: benchServeBranch,
  list: benchListEnvironments,
};

/** On a cluster of their own with the real Argo CD, each for minutes. */
const ON_CLUSTER: Readonly<Record<string, () => Promise<Figure[]>>> = {
  'kubernetes-create': benchCreateApplication,
  'kubernetes-events': benchFollowStatus,
  'kubernetes-many': benchManyEnvironments,
  'kubernetes-restart': benchRestart,
};

const chosen = process.argv.slice(2);
const needs = tiers.find(({ name }) => name === 'cluster')?.needs ?? [];
const missing = needs.filter((need) => findProgram(need) === undefined);
const figures: Figure[] = [];
for (const [name, measure] of Object.entries({ ...LOCAL, ...ON_CLUSTER })) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  if (name in ON_CLUSTER && missing.length > 0) {
    for (const need of missing) console.error(`Not measured: ${name}. ${need} is missing: ${howToGet(need)}`);
    if (chosen.includes(name)) process.exitCode = 1;
    continue;
  }
  // What else goes on counts too: figures are worth something on a machine that does nothing else.
  console.log(`Measuring: ${name} (load before it ${loadavg()[0]?.toFixed(1) ?? ''})`);
  figures.push(...(await measure()));
}
const [cpu] = cpus();
printTable(
  `Budgets, on ${String(cpus().length)} × ${cpu?.model ?? 'unknown processor'}, Node.js ${process.versions.node}`,
  figures,
);
