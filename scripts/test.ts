import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { findProgram, howToGet } from './requirements.ts';
import { type Tier, tiers } from './tiers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const inCi = !['', '0', 'false'].includes(process.env.CI ?? '');

interface Outcome {
  tier: string;
  passed: number;
  failed: number;
  skipped: number;
  /** Name and first lines of each failure, for the end of the output, which is what a log keeps. */
  failures: string[];
  seconds: number;
  /** Why nothing of the tier ran, with what to do about it. */
  notRun?: string;
}

/** The part of Vitest's JSON report that is read here. */
interface Report {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}

/** Lines of a failure that are told at the end. */
const FAILURE_LINES = 12;

const chosen = chooseTiers(process.argv.slice(2));
const reports = await mkdtemp(join(tmpdir(), 'blueberry-test-'));
const outcomes: Outcome[] = [];
let interrupted = false;
try {
  for (const tier of chosen) {
    if (!interrupted) outcomes.push(await runTier(tier));
  }
} finally {
  await rm(reports, { recursive: true, force: true });
}
process.exitCode = summarize(outcomes);

function chooseTiers(names: string[]): readonly Tier[] {
  const unknown = names.filter((name) => !tiers.some((tier) => tier.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no tier ${unknown.join(', ')}. The tiers are: ${tiers.map(({ name }) => name).join(', ')}.`,
    );
    process.exit(2);
  }
  return names.length === 0 ? tiers : tiers.filter((tier) => names.includes(tier.name));
}

async function runTier(tier: Tier): Promise<Outcome> {
  const nothing = { tier: tier.name, passed: 0, failed: 0, skipped: 0, failures: [], seconds: 0 };
  const missing = tier.needs.filter((need) => findProgram(need) === undefined);
  if (missing.length > 0) {
    const ways = missing.map((need) => `${need} is missing (${howToGet(need)})`);
    return { ...nothing, notRun: ways.join('; ') };
  }
  console.log(`\n── ${tier.name}`);
  const started = performance.now();
  const reportFile = join(reports, `${tier.name}.json`);
  const exitCode = await runVitest(tier, reportFile);
  const counts = await countResults(reportFile);
  const seconds = (performance.now() - started) / 1000;
  const total = counts.passed + counts.failed + counts.skipped;
  if (total === 0 && exitCode === 0) {
    return { ...nothing, seconds, notRun: `test/${tier.name} has no tests (add a file that ends in .test.ts)` };
  }
  // An error outside any test (a module that throws, an unhandled rejection) fails the run without failing a test.
  const failed = counts.failed === 0 && exitCode !== 0 ? 1 : counts.failed;
  return { tier: tier.name, ...counts, failed, seconds };
}

/** Runs one tier in Vitest, readable on this terminal and as JSON in `reportFile`; resolves with the exit code. */
function runVitest(tier: Tier, reportFile: string): Promise<number> {
  const args = ['run', '--project', tier.name, '--reporter=default', '--reporter=json'];
  const chromium = tier.needs.includes('chromium') ? { CHROMIUM_PATH: findProgram('chromium') } : {};
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), ...args, `--outputFile.json=${reportFile}`],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...chromium } },
  );
  const stop = (signal: NodeJS.Signals): void => {
    interrupted = true;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      for (const signal of signals) process.off(signal, stop);
      resolve(code ?? 1);
    });
  });
}

async function countResults(reportFile: string): Promise<Pick<Outcome, 'passed' | 'failed' | 'skipped' | 'failures'>> {
  const report = await readFile(reportFile, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    (): Report => ({ testResults: [] }),
  );
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  for (const file of report.testResults) {
    const path = relative(root, file.name);
    const failedBefore = counts.failed;
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1;
      else if (status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
      if (status === 'failed') failures.push(failureText(`${path}: ${fullName}`, failureMessages.join('\n')));
    }
    if (file.status === 'failed' && counts.failed === failedBefore) {
      counts.failed += 1;
      failures.push(failureText(path, file.message));
    }
  }
  return { ...counts, failures };
}

function failureText(name: string, message: string): string {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, FAILURE_LINES);
  return [name, ...lines.map((line) => `    ${line}`)].join('\n');
}

/** Prints the table and the last line; returns the exit code. */
function summarize(results: Outcome[]): number {
  const width = Math.max(...tiers.map(({ name }) => name.length));
  const row = (name: string, cells: string[]): string =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(8))].join('  ');
  console.log(`\n${row('tier', ['passed', 'failed', 'skipped', 'seconds'])}`);
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const outcome of results) {
    sum.passed += outcome.passed;
    sum.failed += outcome.failed;
    sum.skipped += outcome.skipped;
    const counts = [outcome.passed, outcome.failed, outcome.skipped].map(String);
    const cells = outcome.notRun === undefined ? [...counts, outcome.seconds.toFixed(1)] : ['not run', '-', '-', '-'];
    console.log(row(outcome.tier, cells));
  }
  for (const { failures } of results) for (const failure of failures) console.log(`\nFAILED ${failure}`);
  const absent = results.filter((outcome) => outcome.notRun !== undefined);
  if (absent.length > 0) console.log('');
  for (const { tier, notRun } of absent) console.log(`The ${tier} tier did not run: ${notRun}.`);
  if (inCi && absent.length > 0) console.log('With CI set, a tier that did not run is a failure.');
  if (inCi && sum.skipped > 0) console.log('With CI set, a skipped test is a failure.');
  if (interrupted) console.log('Interrupted: the tiers that are not in the table did not run.');

  console.log(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
  const incomplete = absent.length > 0 && (inCi || process.argv.length > 2);
  return sum.failed > 0 || incomplete || interrupted || (inCi && sum.skipped > 0) ? 1 : 0;
}
