import { join } from 'node:path';
import { connectRepository, createEnvironment, untilStatus } from '../test/support/environments.ts';
import { createGitFixture } from '../test/support/git-fixture.ts';
import { BOOTSTRAP_TOKEN, startProduct } from '../test/support/product.ts';
import { load, type LoadResult } from './load.ts';
import { startPeer } from './peer/peer.ts';
import { median, type Figure } from './table.ts';

const ENVIRONMENTS = 50;
const ROUNDS = 4;
const SECONDS = 8;

/** `GET /api/environments` of 50, in turn with FastAPI doing the same work and with FastAPI answering from memory. */
export async function benchListEnvironments(): Promise<Figure[]> {
  const product = await startProduct({ built: true, env: { LOG_LEVEL: 'warn', QUOTA_PER_OWNER: '0' } });
  const fixture = await createGitFixture({ 'index.html': 'hello' });
  try {
    const repositoryId = await connectRepository(product, fixture.path);
    for (let number = 0; number < ENVIRONMENTS; number += 1) {
      const { id } = await createEnvironment(product, {
        repository_id: repositoryId,
        name: `list-${String(number)}`,
        helm_values_override: { env: { NUMBER: String(number) }, replicas: 1 },
      });
      await untilStatus(product, id, 'ready');
      // Asleep, so that fifty running copies do not compete with what is measured.
      await product.api('POST', `/api/environments/${id}/sleep`);
      await untilStatus(product, id, 'ready');
    }
    const path = '/api/environments?limit=50';
    const database = join(product.dataDir, 'blueberry.db');
    const rows = await startPeer('rows', database);
    const memory = await startPeer('memory', database);
    try {
      await assertSameAnswer(product.url, rows.url, path);
      const results = { ours: [] as LoadResult[], rows: [] as LoadResult[], memory: [] as LoadResult[] };
      for (const url of [product.url, rows.url, memory.url]) await load(`${url}${path}`, 2);
      for (let round = 0; round < ROUNDS; round += 1) {
        results.ours.push(await load(`${product.url}${path}`, SECONDS));
        results.rows.push(await load(`${rows.url}${path}`, SECONDS));
        results.memory.push(await load(`${memory.url}${path}`, SECONDS));
      }
      return figuresOf(results);
    } finally {
      await rows.stop();
      await memory.stop();
    }
  } finally {
    await product.dispose();
    await fixture.dispose();
  }
}

function figuresOf(results: Record<'ours' | 'rows' | 'memory', LoadResult[]>): Figure[] {
  const rate = (which: keyof typeof results): number =>
    median(results[which].map((result) => result.requestsPerSecond));
  const p99 = (which: keyof typeof results): number => median(results[which].map((result) => result.p99Ms));
  const failed = Object.values(results)
    .flat()
    .reduce((sum, result) => sum + result.failed, 0);
  const told = (which: keyof typeof results): string =>
    `${rate(which).toFixed(0)} req/s, p99 ${p99(which).toFixed(1)} ms`;
  const times = (rate('ours') / rate('rows')).toFixed(1);
  return [
    {
      what: 'list of 50: requests per second, against FastAPI doing the same work',
      measured: `${times} × (${told('ours')} : ${told('rows')})`,
      goal: '≥ 4 ×',
      reached: rate('ours') >= 4 * rate('rows') && failed === 0,
    },
    {
      what: 'list of 50: p99, against FastAPI doing the same work',
      measured: `${(p99('ours') / p99('rows')).toFixed(2)} ×`,
      goal: '≤ 0.5 ×',
      reached: p99('ours') <= p99('rows') / 2,
    },
    {
      what: 'list of 50: requests per second, against FastAPI from memory without a check',
      measured: `${(rate('ours') / rate('memory')).toFixed(1)} × (${told('memory')})`,
      goal: '≥ 2 ×',
      reached: rate('ours') >= 2 * rate('memory'),
    },
  ];
}

/** The comparison is only fair when both say the same. */
async function assertSameAnswer(ours: string, theirs: string, path: string): Promise<void> {
  const ask = async (url: string): Promise<{ items: unknown[]; total: number }> => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${BOOTSTRAP_TOKEN}` } });
    return (await response.json()) as { items: unknown[]; total: number };
  };
  const [mine, other] = [await ask(ours), await ask(theirs)];
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort())
        : item,
    );
  if (sorted(mine.items) !== sorted(other.items) || mine.total !== other.total)
    throw new Error('The peer answers something else.');
}
