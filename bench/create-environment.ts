import { setTimeout as sleep } from 'node:timers/promises';
import { connectRepository } from '../test/support/environments.ts';
import { createGitFixture } from '../test/support/git-fixture.ts';
import { startProduct } from '../test/support/product.ts';
import { median, percentile, type Figure } from './table.ts';

const PER_SECOND = 50;
const SECONDS = 10;

/** `POST /api/environments` at a fixed rate, whether or not the one before has been answered. */
export async function benchCreateEnvironment(): Promise<Figure[]> {
  const env = { LOG_LEVEL: 'warn', QUOTA_PER_OWNER: '0', QUOTA_TOTAL: '0', WRITES_PER_MINUTE: '100000' };
  const product = await startProduct({ built: true, env });
  // A repository whose commit says that it can't run: what is measured is the reply, not five hundred processes.
  const fixture = await createGitFixture({ 'README.md': 'Nothing to run.' });
  try {
    const repositoryId = await connectRepository(product, fixture.path);
    const latencies: number[] = [];
    let refused = 0;
    const calls: Promise<void>[] = [];
    const began = performance.now();
    for (let number = 0; number < PER_SECOND * SECONDS; number += 1) {
      await sleep(Math.max(0, began + (number * 1000) / PER_SECOND - performance.now()));
      calls.push(
        (async () => {
          const sent = performance.now();
          const reply = await product.api('POST', '/api/environments', {
            repository_id: repositoryId,
            name: `bench-${String(number)}`,
          });
          latencies.push(performance.now() - sent);
          if (reply.status !== 201) refused += 1;
        })(),
      );
    }
    await Promise.all(calls);
    const p99 = percentile(latencies, 0.99);
    return [
      {
        what: `POST to the durable reply at ${String(PER_SECOND)} a second, p99`,
        measured: `${p99.toFixed(1)} ms (median ${median(latencies).toFixed(1)} ms, ${String(refused)} refused of ${String(latencies.length)})`,
        goal: '≤ 25 ms',
        reached: p99 <= 25 && refused === 0,
      },
    ];
  } finally {
    await product.dispose();
    await fixture.dispose();
  }
}
