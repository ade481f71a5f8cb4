import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRepository, type EnvironmentBody } from '../test/support/environments.ts';
import { createGitFixture } from '../test/support/git-fixture.ts';
import { eventually, startProduct, type Product } from '../test/support/product.ts';
import { cpuSeconds, residentMegabytes } from './process-usage.ts';
import { median, type Figure } from './table.ts';

const STARTS = 9;
const ASLEEP = 1_000;
const QUIET_SECONDS = 10;

/** Process start to `/readyz`, and what a thousand sleeping environments cost. */
export async function benchStart(): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'blueberry-start-'));
  const options = {
    built: true,
    dataDir,
    env: { LOG_LEVEL: 'warn', QUOTA_PER_OWNER: '0', QUOTA_TOTAL: '0', WRITES_PER_MINUTE: '100000' },
  };
  const fixture = await createGitFixture({ 'index.html': 'hello' });
  try {
    const starts: number[] = [];
    for (let round = 0; round < STARTS; round += 1) {
      const began = performance.now();
      const product = await startProduct(options);
      starts.push(performance.now() - began);
      await product.stop();
    }
    const first = await startProduct(options);
    await fallAsleep(first, await connectRepository(first, fixture.path));
    await first.stop('SIGTERM');

    const began = performance.now();
    const second = await startProduct(options);
    await eventually(async () => ((await reconciled(second)) ? true : null), 120_000, 'everything to be reconciled');
    const restart = (performance.now() - began) / 1000;
    await sleep(2_000);
    const cpuBefore = await cpuSeconds(second);
    await sleep(QUIET_SECONDS * 1000);
    const cpu = ((await cpuSeconds(second)) - cpuBefore) / QUIET_SECONDS;
    const memory = await residentMegabytes(second);
    await second.stop();
    return [
      {
        what: 'process start to /readyz, median',
        measured: `${median(starts).toFixed(0)} ms`,
        goal: '≤ 500 ms',
        reached: median(starts) <= 500,
      },
      {
        what: `${String(ASLEEP)} environments asleep: resident memory`,
        measured: `${memory.toFixed(0)} MB`,
        goal: '≤ 512 MB (for 10,000)',
        reached: memory <= 512,
      },
      {
        what: `${String(ASLEEP)} environments asleep: start to all reconciled`,
        measured: `${restart.toFixed(1)} s`,
        goal: '≤ 30 s (for 10,000)',
        reached: restart <= 30,
      },
      {
        what: `${String(ASLEEP)} environments asleep: processor time when nothing happens`,
        measured: `${(cpu * 100).toFixed(1)} % of a core`,
        goal: '≤ 5 % (for 10,000)',
        reached: cpu <= 0.05,
      },
    ];
  } finally {
    await fixture.dispose();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function fallAsleep(product: Product, repositoryId: string): Promise<void> {
  for (let number = 0; number < ASLEEP; number += 1) {
    const made = await product.api<EnvironmentBody>('POST', '/api/environments', {
      repository_id: repositoryId,
      name: `asleep-${String(number)}`,
    });
    // Asleep from the start: nothing of it ever runs, but it is there, with its history and its values.
    await product.api('POST', `/api/environments/${made.body.id}/sleep`);
  }
  await eventually(async () => ((await reconciled(product)) ? true : null), 600_000, 'all to be asleep');
}

/** Whether each has been looked at since its last change, and is what it should be. */
async function reconciled(product: Product): Promise<boolean> {
  const page = await product.api<{ total: number }>('GET', '/api/environments?status=ready&limit=1');
  const metrics = await (await fetch(`${product.url}/metrics`)).text();
  const waiting = Number(/^blueberry_reconcile_queue (\d+)/m.exec(metrics)?.[1] ?? '1');
  const looks = Number(/^blueberry_reconciles_total (\d+)/m.exec(metrics)?.[1] ?? '0');
  return page.body.total === ASLEEP && waiting === 0 && looks >= ASLEEP;
}
