import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connectRepository, createEnvironment, visit } from '../test/support/environments.ts';
import { createGitFixture } from '../test/support/git-fixture.ts';
import { freePort, startProduct } from '../test/support/product.ts';
import { median, type Figure } from './table.ts';

const run = promisify(execFile);
const ROUNDS = 15;

/** From POST to the URL serving, less what `git clone` and the application's own start take by hand. */
export async function benchServeBranch(): Promise<Figure[]> {
  const product = await startProduct({ built: true, env: { LOG_LEVEL: 'warn', QUOTA_PER_OWNER: '0' } });
  const fixture = await createGitFixture({
    'blueberry.yaml': 'run: exec node server.js\n',
    'server.js': "require('http').createServer((q, s) => s.end('served')).listen(process.env.PORT);\n",
  });
  try {
    const repositoryId = await connectRepository(product, fixture.path);
    const byHand: number[] = [];
    const byProduct: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      byHand.push(await cloneAndStart(fixture.path));
      const began = performance.now();
      const name = `serve-${String(round)}`;
      const { id } = await createEnvironment(product, { repository_id: repositoryId, name });
      while ((await visit(product, name)).text !== 'served') await sleep(5);
      byProduct.push(performance.now() - began);
      await product.api('DELETE', `/api/environments/${id}`);
    }
    const overhead = median(byProduct) - median(byHand);
    return [
      {
        what: 'POST to the URL serving, above git clone and the start by hand, median',
        measured: `${overhead.toFixed(0)} ms (${median(byProduct).toFixed(0)} ms : ${median(byHand).toFixed(0)} ms)`,
        goal: '≤ 300 ms',
        reached: overhead <= 300,
      },
    ];
  } finally {
    await product.dispose();
    await fixture.dispose();
  }
}

async function cloneAndStart(repository: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-by-hand-'));
  const port = await freePort();
  const began = performance.now();
  await run('git', ['clone', '--quiet', repository, join(folder, 'clone')]);
  const child = spawn('node', ['server.js'], {
    cwd: join(folder, 'clone'),
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  for (;;) {
    const serves = await fetch(`http://127.0.0.1:${String(port)}/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (serves) break;
    await sleep(5);
  }
  const took = performance.now() - began;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true, force: true });
  return took;
}
