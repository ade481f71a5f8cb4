import { readFile, readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRepository, createEnvironment, readEnvironment, untilStatus, visit } from '../support/environments.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { BOOTSTRAP_TOKEN, eventually, startProduct, type Product } from '../support/product.ts';

/** Says which process answers, so that it can be told whether it is still the same one. */
const SERVER = `require('http').createServer((request, response) => {
  console.log('asked for ' + request.url);
  response.end(process.pid + ' ' + process.env.BLUEBERRY_COMMIT + ' ' + (process.env.GREETING ?? ''));
}).listen(process.env.PORT);
`;

let product: Product;
let fixture: GitFixture;
let repositoryId: string;

beforeEach(async () => {
  product = await startProduct({
    env: { IDLE_SLEEP_MINUTES: '0.05', QUOTA_PER_OWNER: '0', WRITES_PER_MINUTE: '100000' },
  });
  fixture = await createGitFixture({ 'blueberry.yaml': 'run: exec node s.js\n', 's.js': SERVER });
  repositoryId = await connectRepository(product, fixture.path);
});
afterEach(async () => {
  await product.dispose();
  await fixture.dispose();
});

async function pidOf(name: string): Promise<string> {
  return (await visit(product, name)).text.split(' ')[0] ?? '';
}

async function processesOf(environmentId: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environ.split('\0').includes(`BLUEBERRY_ENVIRONMENT=${environmentId}`)) found.push(pid);
  }
  return found;
}

describe('the life of an environment', () => {
  it('is created, visited, changed, redeployed, put to sleep, woken and deleted', async () => {
    const { id } = await createEnvironment(product, { repository_id: repositoryId, name: 'whole-life' });
    await untilStatus(product, id, 'ready');
    const commit = await fixture.git('rev-parse', 'HEAD');
    expect((await visit(product, 'whole-life')).text).toContain(commit);

    const patched = await product.api<{ expires_at: string }>('PATCH', `/api/environments/${id}`, {
      ttl_hours: 5,
      helm_values_override: { env: { GREETING: 'hello' } },
    });
    expect(patched.status).toBe(200);
    expect(Date.parse(patched.body.expires_at) - Date.now()).toBeGreaterThan(4.9 * 3_600_000);
    await untilStatus(product, id, 'ready');
    expect((await visit(product, 'whole-life')).text).toContain('hello');
    const values = await product.api<{ values: object }>('GET', `/api/environments/${id}/values`);
    expect(values.body.values).toEqual({ env: { GREETING: 'hello' } });

    const before = await pidOf('whole-life');
    expect((await product.api('POST', `/api/environments/${id}/redeploy`)).status).toBeLessThan(300);
    await untilStatus(product, id, 'ready');
    expect(await pidOf('whole-life')).not.toBe(before);

    await product.api('POST', `/api/environments/${id}/sleep`);
    await eventually(async () => ((await processesOf(id)).length === 0 ? true : null), 20_000, 'it to be asleep');
    expect(await readEnvironment(product, id)).toMatchObject({ status: 'ready', asleep: true });
    expect((await visit(product, 'whole-life')).text).toContain(commit);
    expect(await readEnvironment(product, id)).toMatchObject({ asleep: false });

    const logs = await product.api<{ items: { text: string }[] }>('GET', `/api/environments/${id}/logs?tail=50`);
    expect(JSON.stringify(logs.body)).toContain('asked for /');
    expect((await product.api('DELETE', `/api/environments/${id}`)).status).toBe(202);
    expect((await product.api('DELETE', `/api/environments/${id}`)).status).toBe(202);
    await untilStatus(product, id, 'terminated');
    expect(await processesOf(id)).toEqual([]);
    const receipt = await product.api<{ removed: unknown[] }>('GET', `/api/environments/${id}/receipt`);
    expect(receipt.body.removed.length).toBeGreaterThan(0);
    expect((await visit(product, 'whole-life')).status).toBe(404);
  });

  it('is put to sleep when nobody visits it, and woken by the first visit', async () => {
    const { id } = await createEnvironment(product, { repository_id: repositoryId, name: 'lonely' });
    await untilStatus(product, id, 'ready');
    await eventually(
      async () => ((await readEnvironment(product, id)).asleep ? true : null),
      30_000,
      'it to fall asleep',
    );
    await eventually(async () => ((await processesOf(id)).length === 0 ? true : null), 20_000, 'its processes to end');
    expect((await visit(product, 'lonely')).status).toBe(200);
  });
});

describe('Blueberry itself', () => {
  it('takes over what runs after SIGTERM and after SIGKILL, and ends it on SIGINT', async () => {
    await product.dispose();
    product = await startProduct();
    repositoryId = await connectRepository(product, fixture.path);
    const { dataDir, port } = product;
    const { id } = await createEnvironment(product, { repository_id: repositoryId, name: 'survivor' });
    await untilStatus(product, id, 'ready');
    const pid = await pidOf('survivor');

    expect(await product.stop('SIGTERM')).toBe(0);
    expect(await processesOf(id)).not.toEqual([]);
    product = await startProduct({ dataDir, port });
    await eventually(
      async () => ((await pidOf('survivor')) === pid ? true : null),
      15_000,
      'the same process to answer',
    );

    await product.kill();
    product = await startProduct({ dataDir, port });
    await eventually(
      async () => ((await pidOf('survivor')) === pid ? true : null),
      15_000,
      'the same process to answer',
    );
    await untilStatus(product, id, 'ready');

    expect(await product.stop('SIGINT')).toBe(0);
    expect(await processesOf(id)).toEqual([]);
    product = await startProduct({ dataDir, port });
    await eventually(
      async () => ((await visit(product, 'survivor')).status === 200 ? true : null),
      15_000,
      'it to be up again',
    );
  });

  it('goes on with its events where a client left off, across a restart', async () => {
    const { id } = await createEnvironment(product, { repository_id: repositoryId, name: 'followed' });
    await untilStatus(product, id, 'ready');
    const listed = await product.api<{ position: string }>('GET', '/api/environments');
    const { dataDir, port } = product;
    await product.api('PATCH', `/api/environments/${id}`, { ttl_hours: 9 });
    await product.stop('SIGTERM');
    product = await startProduct({ dataDir, port });
    const stream = await fetch(`${product.url}/api/events/environments`, {
      headers: { authorization: `Bearer ${BOOTSTRAP_TOKEN}`, 'last-event-id': listed.body.position },
    });
    const reader = stream.body?.getReader();
    let text = '';
    while (!text.includes('"ttl_hours":9')) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) break;
      text += new TextDecoder().decode(chunk.value);
    }
    await reader?.cancel();
    expect(text).toContain('event: environment.updated');
    expect(text).toContain('"ttl_hours":9');
  });

  it('refuses settings that cannot be right, all of them by name', async () => {
    const refused = startProduct({ env: { HOST: '0.0.0.0', PORT: 'eighty', STORE: 'firestore' } });
    await expect(refused).rejects.toThrow(/HOST[\s\S]*/);
    const message = String(await refused.catch((error: unknown) => error));
    for (const name of ['HOST', 'PORT', 'STORE']) expect(message).toContain(name);
  });
});

describe('many at once', () => {
  it('64 copies of one call with one key have one effect, for 50 keys', async () => {
    const calls = Array.from({ length: 50 }, (_, key) =>
      Array.from({ length: 64 }, () =>
        product.api<{ id: string }>(
          'POST',
          '/api/environments',
          { repository_id: repositoryId, name: `key-${String(key)}`, branch: 'not-there' },
          { 'idempotency-key': `key-${String(key)}` },
        ),
      ),
    );
    for (const copies of calls) {
      const replies = await Promise.all(copies);
      expect(new Set(replies.map(({ status, body }) => `${String(status)} ${body.id}`)).size).toBe(1);
    }
    expect((await product.api<{ total: number }>('GET', '/api/environments')).body.total).toBe(50);
  });

  it('200 calls for one name give exactly one, and 200 against a quota of ten exactly ten', async () => {
    await product.dispose();
    product = await startProduct({ env: { QUOTA_PER_OWNER: '10' } });
    repositoryId = await connectRepository(product, fixture.path);
    const create = async (name: string): Promise<number> =>
      (await product.api('POST', '/api/environments', { repository_id: repositoryId, name, branch: 'not-there' }))
        .status;
    const sameName = await Promise.all(Array.from({ length: 200 }, () => create('wanted')));
    expect(sameName.filter((status) => status === 201)).toHaveLength(1);
    expect(sameName.filter((status) => status === 409)).toHaveLength(199);
    const many = await Promise.all(Array.from({ length: 200 }, (_, number) => create(`many-${String(number)}`)));
    expect(many.filter((status) => status === 201)).toHaveLength(9);
    expect((await product.api<{ total: number }>('GET', '/api/environments')).body.total).toBe(10);
  });
});
