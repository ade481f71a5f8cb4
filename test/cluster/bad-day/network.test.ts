import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { collectionPath } from '../../../testbed/cluster/kubernetes-client.ts';
import { componentIn, namespaceOf, startBadDay, type BadDay } from '../../support/bad-day.ts';
import { accountKubeconfig } from '../../support/blueberry-account.ts';
import { startFaultyApiServer, type Fault } from '../../support/faulty-api-server.ts';
import { writeKubeconfig } from '../../support/kubeconfig.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

const cluster = inject('cluster');
/** Some calls have to be waited for until they count as never answered. */
const LONG_MS = 240_000;

describe('a network to the API server', () => {
  let network: TcpProxy;
  let day: BadDay;

  beforeAll(async () => {
    network = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(cluster.server).port) });
    const file = await accountKubeconfig(cluster);
    const { users } = JSON.parse(await readFile(file, 'utf8')) as { users: { user: { token: string } }[] };
    const server = `https://127.0.0.1:${String(network.port)}`;
    await writeKubeconfig(file, {
      server,
      certificateAuthority: cluster.certificateAuthority,
      user: { token: users[0]?.user.token ?? '' },
    });
    day = await startBadDay(cluster, { kubeconfig: file });
  });
  afterAll(async () => {
    await day.dispose();
    await network.close();
  });

  it('that cuts every connection costs nothing but time', async () => {
    const wanted = day.workload('web');
    const cutting = setInterval(() => {
      network.cut();
    }, 700);
    try {
      await day.untilRunning(wanted);
      await day.untilRunning({ ...componentIn(wanted, { commit: 'c'.repeat(40) }), revision: 2 });
      await day.untilGone(wanted);
    } finally {
      clearInterval(cutting);
    }
  });

  it('that swallows everything makes what is seen old, and nothing else', async () => {
    const wanted = day.workload('web');
    await day.untilRunning(wanted);
    network.blackhole();
    network.acceptance = 'hang';
    const before = await day.world.runtime.observe(wanted.key);
    await sleep(20_000);
    const blind = await day.world.runtime.observe(wanted.key);
    expect(blind).toMatchObject({ progress: { step: 'running' }, serving: { revision: 1 } });
    expect(Date.parse(blind.observedAt) - Date.parse(before.observedAt)).toBeLessThan(10_000);
    network.acceptance = 'pass';
    network.cut();
    await day.untilRunning({ ...componentIn(wanted, { commit: 'c'.repeat(40) }), revision: 2 });
    await day.untilGone(wanted);
  });
});

describe.concurrent('an API server that fails each call once', () => {
  const status = (code: number, reason: string): Fault => ({
    status: code,
    headers: code === 429 ? { 'retry-after': '1' } : {},
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code,
      reason,
      message: `${reason}, for a test.`,
    },
  });
  const faults: [string, Fault][] = [
    ['by 409', status(409, 'Conflict')],
    ['by 429', status(429, 'TooManyRequests')],
    ['by 500', status(500, 'InternalError')],
    ['by 503', status(503, 'ServiceUnavailable')],
    ['before it has done it', 'reset-before'],
    ['after it has done it', 'reset-after'],
    ['by saying nothing after it has done it', 'swallow-answer'],
  ];

  it.each(faults)(
    '%s, makes neither two of anything nor leaves any behind',
    async (_, fault) => {
      const server = await startFaultyApiServer(cluster);
      const day = await startBadDay(cluster, { kubeconfig: server.kubeconfig });
      const wanted = day.workload('web');
      const failed = new Set<string>();
      server.faultFor = ({ method, path }) => {
        const call = `${method} ${path.replaceAll(namespaceOf(wanted), 'NAME').replace(/\?.*$/, '')}`;
        const isHanging = fault === 'swallow-answer';
        if (failed.has(call) || (isHanging && method === 'GET')) return undefined;
        failed.add(call);
        return fault;
      };
      try {
        await day.untilRunning(wanted, 100_000);
        const next = { ...componentIn(wanted, { commit: 'c'.repeat(40) }), revision: 2 };
        await day.untilRunning(next, 100_000);
        await day.untilRead({ ...next, asleep: true }, '(asleep)', 100_000);
        await day.untilRunning(next, 100_000);
        const pods = collectionPath('v1', 'Pod', namespaceOf(wanted));
        const { items } = await day.administrator.request<{ items: { metadata: { deletionTimestamp?: string } }[] }>(
          'GET',
          pods,
        );
        expect(items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(1);
        await day.untilGone(next, 100_000);
        expect(await day.world.leftovers()).toEqual([]);
      } finally {
        await day.dispose();
        await server.close();
      }
    },
    LONG_MS,
  );
});
