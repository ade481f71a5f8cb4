import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectRepository, createEnvironment, untilStatus } from '../support/environments.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { startProduct, type Product } from '../support/product.ts';

let product: Product;
let fixture: GitFixture;

beforeEach(async () => {
  fixture = await createGitFixture({ 'index.html': '<!doctype html><title>Static</title>' });
  product = await startProduct({ entry: 'scripts/dev.ts', env: { LOG_LEVEL: '' } });
});
afterEach(async () => {
  await product.dispose();
  await fixture.dispose();
});

it('make dev prints what people need, no log of what went well, and at once what Ctrl-C ends', async () => {
  const repositoryId = await connectRepository(product, fixture.path);
  const { id } = await createEnvironment(product, { name: 'static', repository_id: repositoryId, branch: 'main' });
  await untilStatus(product, id, 'ready');
  const before = product.output();
  expect(before).toContain('Blueberry is running.');
  expect(before.split('\n').filter((line) => line.startsWith('{'))).toEqual([]);
  expect(await product.stop('SIGINT')).toBe(0);
  expect(product.output().slice(before.length).trim()).toBe('Ending 1 environment…');
});
