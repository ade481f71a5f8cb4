import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startInVain, startProduct, type Product } from '../support/product.ts';

describe('starting', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'blueberry-start-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));

  it('is refused in one sentence where the port is taken, before anything has begun', async () => {
    const other = createServer((_request, response) => response.writeHead(404).end());
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, output } = await startInVain({ port, dataDir, env: { DEMO_REPOSITORY: 'true' } });
    other.close();
    expect(output).toBe(
      `Blueberry can't listen on 127.0.0.1:${String(port)}: another program has this port, so end that one (it may be another Blueberry) or set PORT to a free one.\n`,
    );
    expect(code).toBe(78);
    expect(['leader.lock', 'demo'].filter((name) => existsSync(join(dataDir, name)))).toEqual([]);
  });

  describe('with the demo repository', () => {
    let product: Product | null = null;
    afterEach(() => product?.dispose());

    /** @returns ids of the repositories once all is up */
    async function startAgain(): Promise<string[]> {
      await product?.dispose();
      const started = await startProduct({ dataDir, env: { DEMO_REPOSITORY: 'true' } });
      product = started;
      const isUp = () => Promise.resolve(started.output().includes('Blueberry is running.') || null);
      await eventually(isUp, 30_000, 'the welcome');
      const { body } = await started.api<{ items: { id: string }[] }>('GET', '/api/repositories');
      return body.items.map(({ id }) => id);
    }

    it('connects it once, also when the first start was cut off right after', async () => {
      const first = await startAgain();
      expect(first).toHaveLength(1);
      // What a kill between the two leaves: the repository is connected, and nothing says so.
      await rm(join(dataDir, 'demo-connected'));
      expect(await startAgain()).toEqual(first);
      expect(existsSync(join(dataDir, 'demo-connected'))).toBe(true);
      await product?.api('DELETE', `/api/repositories/${String(first[0])}`);
      expect(await startAgain()).toEqual([]);
    });
  });
});
