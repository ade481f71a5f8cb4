import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeKubeconfig } from '../support/kubeconfig.ts';
import { eventually, freePort, startInVain, startProduct } from '../support/product.ts';

describe('with RUNTIME=argocd', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-cluster-faults-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  it('a start that can not come to anything is refused, with all that is wrong', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const template = join(folder, 'own.j2');
    await writeFile(template, 'kind: Application\nmetadata: {{ meta }}\n');
    const env = { RUNTIME: 'argocd', KUBECONFIG: kubeconfig, APPLICATION_TEMPLATE: template };
    const { code, output } = await startInVain({ port: await freePort(), dataDir: join(folder, 'data'), env });
    expect(output).toBe(`The configuration has 2 faults:
  KUBECONFIG leads to no cluster. The kubeconfig ${kubeconfig} can't be read: ENOENT: no such file or directory, open '${kubeconfig}'. Use a kubeconfig that kubectl works with; \`make cluster\` starts a cluster to try.
  APPLICATION_TEMPLATE can't be used. The template ${template} can't be rendered: undefined value (in ${template}:2). Correct the template, or leave APPLICATION_TEMPLATE out for the one that comes with Blueberry.
docs/configuration.md explains every variable.
`);
    expect(code).toBe(78);
  });

  it('a cluster that is away is told of once, and everything else is served', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const server = `https://127.0.0.1:${String(await freePort())}`;
    await writeKubeconfig(kubeconfig, { server, certificateAuthority: '', user: { token: 'hunter2' } });
    const env = { RUNTIME: 'argocd', KUBECONFIG: kubeconfig };
    const product = await startProduct({ env, until: '/healthz' });
    try {
      const readyz = await fetch(`${product.url}/readyz`);
      expect(readyz.status).toBe(503);
      const { host } = new URL(server);
      const message = `Could not reach the API server ${server}: ${host}: connect ECONNREFUSED ${host}. Check that the cluster is up and reached from here, and that KUBECONFIG leads to the right one.`;
      const { checks } = (await readyz.json()) as { checks: { name: string; ok: boolean; message: string }[] };
      expect(checks.filter(({ ok }) => !ok)).toEqual([{ name: 'cluster', ok: false, message }]);
      expect((await product.api('GET', '/api/environments')).status).toBe(200);
      const isLogged = () => Promise.resolve(product.output().includes('"dependency":"cluster"') || null);
      await eventually(isLogged, 10_000, 'the log');

      const begun = performance.now();
      expect(await product.stop('SIGINT')).toBe(0);
      expect(performance.now() - begun).toBeLessThan(8_000);
      const output = product.output();
      expect(output).toContain('Environments go on running in the cluster.');
      expect(output).not.toContain('hunter2');
      const warnings = output.split('\n').filter((line) => line.includes('"level":"warn"'));
      const told = warnings.map((line) => JSON.parse(line) as { dependency?: string; msg: string });
      expect(told.filter(({ dependency }) => dependency === 'cluster').map(({ msg }) => msg)).toEqual([message]);
      expect(new Set(told.map(({ msg }) => msg)).size).toBe(told.length);
    } finally {
      await product.dispose();
    }
  });
});
