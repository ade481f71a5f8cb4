import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { kubectl } from '../support/cluster-tools.ts';
import { BOOTSTRAP_TOKEN, startProduct, type Product } from '../support/product.ts';

const cluster = inject('cluster');
const run = promisify(execFile);
let folder: string;
let product: Product;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-tour-'));
  // As on a laptop: nothing is set but the cluster.
  const env = { RUNTIME: 'argocd', KUBECONFIG: cluster.kubeconfig, DEMO_REPOSITORY: 'true' };
  product = await startProduct({ dataDir: join(folder, '.blueberry'), env });
});
afterEach(async () => {
  await product.dispose();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function page(path: string): Promise<string> {
  return readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** The commands of the page, after the helpers of the README that it names. */
async function tour(): Promise<string> {
  const helpers = (await page('README.md')).match(/^(?:URL=|api\(\)|pick\(\)|page\(\)).*$/gm) ?? [];
  expect(helpers).toHaveLength(4);
  const blocks = [...(await page('docs/kubernetes.md')).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const commands = blocks.filter((text) => text.includes('crane append'));
  expect(commands).toHaveLength(1);
  const script = [...helpers, ...commands].join('\n');
  return `set -euo pipefail\n${script.replaceAll('localhost:8000', `localhost:${String(product.port)}`)}`;
}

it('the tour of docs/kubernetes.md works as it stands there', async () => {
  const { stdout } = await run('bash', ['-c', await tour()], {
    cwd: folder,
    timeout: 110_000,
    env: {
      ...process.env,
      KUBECONFIG: cluster.kubeconfig,
      PATH: [dirname(process.execPath), cluster.path].join(delimiter),
      REGISTRY: cluster.registry,
      TOKEN: BOOTSTRAP_TOKEN,
    },
  });
  const [, namespace] = /^(env-dark-\w+) +Active/m.exec(stdout) ?? [];
  expect(namespace).toBeDefined();
  expect(stdout).toMatch(new RegExp(`^${String(namespace)} +\\S+ +\\S+`, 'm'));
  expect(stdout).toMatch(/"message":"Waiting for 127\.0\.0\.1:\d+\/demo:[0-9a-f]{40} to be pushed\."/);
  const receipt = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { removed: { kind: string; name: string }[] };
  for (const kind of ['Application', 'Namespace'])
    expect(receipt.removed).toContainEqual(expect.objectContaining({ kind, name: namespace }));
  expect(await kubectl(cluster, 'get', 'namespaces', '--output=name')).not.toContain(namespace);
});
