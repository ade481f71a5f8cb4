import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startArgocdProduct, type ArgocdProduct } from '../support/argocd-product.ts';
import { connectRepository, createEnvironment, readEnvironment, untilStatus, visit } from '../support/environments.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { talk } from '../support/preview-streams.ts';
import { eventually, startProduct, type Product } from '../support/product.ts';
import { pushImage } from '../support/push-image.ts';

const cluster = inject('cluster');

describe('a gateway as a process of its own', () => {
  const name = 'roles';
  let blueberry: ArgocdProduct;
  let gateway: Product;
  let fixture: GitFixture;
  let id = '';

  beforeAll(async () => {
    blueberry = await startArgocdProduct({ cluster, mode: 'api' });
    const { dataDir } = blueberry.product;
    const env = { ...blueberry.env, ROLE_UNDER_TEST: 'gateway' };
    gateway = await startProduct({ dataDir, entry: 'test/support/role-main.ts', env });
    fixture = await createGitFixture({ 'README.md': 'An application' });
    const images = `acme/${blueberry.installation}`;
    const repositoryId = await connectRepository(blueberry.product, fixture.path, {
      image: `${cluster.registry}/${images}:{sha}`,
      values: { probe: { path: '/', periodSeconds: 1 } },
    });
    const commit = await fixture.git('rev-parse', 'HEAD');
    await pushImage(cluster.registry, `${images}:${commit}`, commit);
    ({ id } = await createEnvironment(blueberry.product, { repository_id: repositoryId, name }));
  });
  afterAll(async () => {
    await gateway.stop('SIGTERM');
    await blueberry.dispose();
    await fixture.dispose();
  });

  it('shows what an environment waits for, and then leads to it', async () => {
    const { status, text } = await visit(gateway, name, '/', { accept: 'text/html' });
    expect([200, 503]).toContain(status);
    expect(text).toContain(name);
    await untilStatus(blueberry.product, id, 'ready', 90_000);
    await eventually(async () => ((await visit(gateway, name, '/__stub')).status === 200 ? true : null));
    expect(await talk(gateway, name, ['hello'])).toEqual(['hello']);
  });

  it('wakes what sleeps by a visit, which another process does the work of', async () => {
    await blueberry.product.api('POST', `/api/environments/${id}/sleep`);
    await eventually(async () => {
      const { asleep, status } = await readEnvironment(blueberry.product, id);
      return asleep && status === 'ready' ? true : null;
    }, 60_000);
    expect((await visit(gateway, name, '/__stub')).status).toBe(200);
    expect((await readEnvironment(blueberry.product, id)).asleep).toBe(false);
  });

  it('has no console and no API, and tells how it is', async () => {
    for (const path of ['/', '/api/environments', '/docs', '/openapi.json'])
      expect([path, (await fetch(`${gateway.url}${path}`)).status]).toEqual([path, 404]);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('blueberry_');
  });
});
