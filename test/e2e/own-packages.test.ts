import { lstat, mkdir, mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRepository, createEnvironment, untilStatus, visit } from '../support/environments.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { startProduct, type Product } from '../support/product.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** As in a clone where `make dev` was called: the data folder lies beside node_modules. */
describe('an environment of a data folder among the packages of Blueberry', () => {
  let product: Product;
  let fixture: GitFixture;
  let state: string;
  let dataDir: string;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'blueberry-state-'));
    await mkdir(join(root, '.blueberry'), { recursive: true });
    dataDir = await mkdtemp(join(root, '.blueberry', 'test-'));
    product = await startProduct({ dataDir, env: { XDG_STATE_HOME: state } });
    fixture = await createGitFixture({
      'package.json': JSON.stringify({
        name: 'own',
        version: '1.0.0',
        scripts: { build: 'which tsc > tsc.txt || true', start: 'node server.mjs' },
      }),
      'server.mjs': `import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const found = await import('fastify').then(() => 'fastify', () => 'nothing');
const tsc = readFileSync('tsc.txt', 'utf8');
createServer((request, response) => response.end(JSON.stringify({ found, tsc }))).listen(process.env.PORT);
`,
    });
  });
  afterAll(async () => {
    await product.stop('SIGINT');
    await fixture.dispose();
    for (const folder of [dataDir, state]) await rm(folder, { recursive: true, force: true });
  });

  it('finds what it has installed itself, and nothing of Blueberry', async () => {
    const repositoryId = await connectRepository(product, fixture.path);
    const { id } = await createEnvironment(product, { name: 'own', repository_id: repositoryId });
    await untilStatus(product, id, 'ready');
    expect(JSON.parse((await visit(product, 'own')).text)).toEqual({ found: 'nothing', tsc: '' });
    const folder = join(dataDir, 'environments');
    expect((await lstat(folder)).isSymbolicLink()).toBe(true);
    expect(await readlink(folder)).toContain(join(state, 'blueberry'));
  });
});
