import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentBody } from '../../test/support/environments.ts';
import { eventually, type Product } from '../../test/support/product.ts';
import { cpuSeconds, peakMegabytes, residentMegabytes } from '../process-usage.ts';
import { sizeFrom } from '../size.ts';
import type { Figure } from '../table.ts';
import { requestsOf } from './audit.ts';
import { gatherCrowd } from './crowd.ts';
import { setStage, type Stage } from './stage.ts';

const QUIET_SECONDS = 60;
const LOOK_MS = 200;
const WITHIN_MS = 10 * 60_000;

/**
 * A start with 10,000 environments that are ready: until all are reconciled, what that takes of memory, and what it takes of
 * a processor when nothing happens afterwards. `BENCH_CROWD` says how many, `BENCH_IDLE_SECONDS` how long nothing happens: by
 * default until all have been looked at once more, which is done every five minutes.
 */
export async function benchRestart(): Promise<Figure[]> {
  const count = sizeFrom('BENCH_CROWD', 10_000);
  const stage = await setStage();
  const dataDir = await mkdtemp(join(tmpdir(), 'blueberry-crowd-'));
  try {
    const crowd = await gatherCrowd(stage, dataDir, count);
    try {
      return await measure(stage, dataDir, count);
    } finally {
      await crowd.dispose();
    }
  } finally {
    await stage.dispose();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measure(stage: Stage, dataDir: string, count: number): Promise<Figure[]> {
  const { access } = stage.cluster;
  const idleSeconds = sizeFrom('BENCH_IDLE_SECONDS', 310);
  const quietSeconds = Math.min(QUIET_SECONDS, idleSeconds);
  const what = `${count} environments that are ready`;
  const requestsBefore = (await requestsOf(access)).length;
  const began = performance.now();
  const product = await stage.startProduct({ dataDir });
  try {
    const seconds = await untilReconciled(product, count, began);
    const requests = (await requestsOf(access)).slice(requestsBefore);
    const [startCpu, startPeak] = [await cpuSeconds(product), await peakMegabytes(product)];
    await sleep(2_000);
    const idleFrom = await cpuSeconds(product);
    await sleep(quietSeconds * 1_000);
    const quiet = ((await cpuSeconds(product)) - idleFrom) / quietSeconds;
    await sleep((idleSeconds - quietSeconds) * 1_000);
    const idle = ((await cpuSeconds(product)) - idleFrom) / idleSeconds;
    const [memory, peak] = [await residentMegabytes(product), await peakMegabytes(product)];
    if ((await readyOf(product)) !== count) throw new Error('Not all are ready any more.');
    return [
      {
        what: `${what}: start to all reconciled`,
        measured: `${seconds.toFixed(1)} s (${startCpu.toFixed(1)} s of a processor)`,
        goal: '≤ 30 s (for 10,000)',
        reached: seconds <= 30,
      },
      {
        what: `${what}: calls of the Kubernetes API at the start, for each`,
        measured: (requests.length / count).toFixed(2),
        goal: '≤ 0.1',
        reached: requests.length <= count / 10,
      },
      {
        what: `${what}: most memory`,
        measured: `${peak.toFixed(0)} MB (${startPeak.toFixed(0)} MB at the start, ${memory.toFixed(0)} MB in the end)`,
        goal: '≤ 512 MB (for 10,000)',
        reached: peak <= 512,
      },
      {
        what: `${what}: processor time in ${quietSeconds} s in which nothing happens`,
        measured: `${(quiet * 100).toFixed(1)} % of a core`,
        goal: '≤ 5 % (for 10,000)',
        reached: quiet <= 0.05,
      },
      {
        what: `${what}: the same over ${idleSeconds} s, with the look at all of every five minutes`,
        measured: `${(idle * 100).toFixed(1)} % of a core`,
        goal: '≤ 5 % (for 10,000)',
        reached: idle <= 0.05,
      },
    ];
  } finally {
    await product.stop('SIGTERM');
  }
}

/** Seconds until `/readyz` says yes and every environment has been looked at and is ready. */
async function untilReconciled(product: Product, count: number, began: number): Promise<number> {
  const metrics = await eventually(
    async () => {
      const text = await (await fetch(`${product.url}/metrics`)).text();
      const value = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
      const [queued, looks] = [value('blueberry_reconcile_queue'), value('blueberry_reconciles_total')];
      if (queued === 0 && looks >= count) return { failures: value('blueberry_reconcile_failures_total') };
      await sleep(LOOK_MS);
      return null;
    },
    WITHIN_MS,
    'everything to be reconciled',
  );
  const seconds = (performance.now() - began) / 1_000;
  if (metrics.failures > 0) throw new Error(`${metrics.failures} reconciles have failed:\n${product.output()}`);
  const ready = await readyOf(product);
  if (ready !== count) throw new Error(`${ready} of ${count} are ready; ${await othersOf(product)}`);
  return seconds;
}

async function othersOf(product: Product): Promise<string> {
  const query = 'status=pending&status=failed&limit=5';
  const { body } = await product.api<{ items: readonly EnvironmentBody[] }>('GET', `/api/environments?${query}`);
  return body.items.map(({ name, status, message }) => `${name} is ${status}: ${message}`).join(' ');
}

async function readyOf(product: Product): Promise<number> {
  return (await product.api<{ total: number }>('GET', '/api/environments?status=ready&limit=1')).body.total;
}
