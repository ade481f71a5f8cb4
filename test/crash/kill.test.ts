import { readFile, readdir, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRepository, readEnvironment, visit, type EnvironmentBody } from '../support/environments.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually, freePort, startProduct, type Product } from '../support/product.ts';

/** How often the control plane is killed: at every named point, and a few times anywhere. `make soak` asks for a hundred. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? '18');
const CONVERGED_WITHIN_MS = 30_000;
const REACHED_WITHIN_MS = 20_000;
const CRASHING_ENTRY = 'test/support/crashing-main.ts';

/** Named points, gone through in turn; every fourth round is killed at a random time instead. */
const POINTS = [
  'store.commit:before:6',
  'store.commit:after:6',
  'store.commit:after:11',
  'bus.publish:before:3',
  'bus.publish:after:5',
  'git.fetchBranch:before:1',
  'git.fetchBranch:after:1',
  'runtime.ensure:before:2',
  'runtime.ensure:after:1',
  'runtime.ensure:after:4',
  'runtime.remove:before:1',
  'runtime.remove:after:1',
  'runtime.remove:after:2',
  'store.markAnnounced:before:1',
];

let dataDir: string;
let port: number;
let fixture: GitFixture;
let repositoryId: string;

/** What a client was told, and what it therefore may rely on. */
interface Told {
  readonly id: string;
  readonly name: string;
  deleted: boolean;
  /** A deletion was asked for and cut off before its reply: either outcome is right. */
  deletionUnknown: boolean;
}
const told = new Map<string, Told>();
let made = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'blueberry-crash-'));
  port = await freePort();
  fixture = await createGitFixture({
    'blueberry.yaml': 'run: exec node s.js\n',
    's.js': "require('http').createServer((q, s) => s.end(process.env.BLUEBERRY_COMMIT)).listen(process.env.PORT);\n",
  });
  const product = await start();
  repositoryId = await connectRepository(product, fixture.path);
  await product.stop();
});

afterAll(async () => {
  await fixture.dispose();
  await rm(dataDir, { recursive: true, force: true });
});

function start(crashAt?: string): Promise<Product> {
  return startProduct({
    dataDir,
    port,
    env: {
      QUOTA_PER_OWNER: '0',
      QUOTA_TOTAL: '0',
      LOG_LEVEL: 'warn',
      ...(crashAt === undefined ? {} : { CRASH_AT: crashAt }),
    },
    ...(crashAt === undefined ? {} : { entry: CRASHING_ENTRY }),
  });
}

/** Creates, redeploys and deletes until the control plane is gone; remembers only what was acknowledged. */
async function useUntilItDies(product: Product): Promise<void> {
  const alive = (): boolean => product.process.exitCode === null && product.process.signalCode === null;
  const attempt = async (action: () => Promise<void>): Promise<void> => {
    // A call that is cut off has an unknown outcome, which promises nothing.
    await action().catch(() => undefined);
  };
  while (alive()) {
    const living = [...told.values()].filter(({ deleted }) => !deleted);
    const victim = living[Math.floor(Math.random() * living.length)];
    const actions = [
      create(product),
      ...(victim && living.length > 3 ? [remove(product, victim)] : [redeploy(product, victim)]),
    ];
    await Promise.all(actions.map((action) => attempt(() => action)));
    await sleep(60);
  }
}

async function create(product: Product): Promise<void> {
  made += 1;
  const name = `crash-${String(made)}`;
  const reply = await product.api<EnvironmentBody>('POST', '/api/environments', { name, repository_id: repositoryId });
  if (reply.status === 201)
    told.set(reply.body.id, { id: reply.body.id, name, deleted: false, deletionUnknown: false });
}

async function remove(product: Product, victim: Told): Promise<void> {
  victim.deletionUnknown = true;
  const reply = await product.api('DELETE', `/api/environments/${victim.id}`);
  victim.deleted = reply.status === 202;
  victim.deletionUnknown = false;
}

async function redeploy(product: Product, victim: Told | undefined): Promise<void> {
  if (victim) await product.api('POST', `/api/environments/${victim.id}/redeploy`);
}

/** Names of environments for which anything is on the disk. */
async function worktreeOwners(): Promise<string[]> {
  return (await readdir(join(dataDir, 'environments')).catch(() => [])).filter((name) => name.startsWith('env_'));
}

/** Environment ids of all processes on this machine that say that they belong to one that was made here. */
async function processOwners(ids: ReadonlySet<string>): Promise<string[]> {
  const owners: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const owner = /(?:^|\0)BLUEBERRY_ENVIRONMENT=([^\0]+)/.exec(environ)?.[1];
    if (owner !== undefined && ids.has(owner)) owners.push(owner);
  }
  return owners;
}

async function assertConverged(product: Product, began: number): Promise<void> {
  for (const one of told.values()) {
    const { id, name } = one;
    if (one.deletionUnknown) {
      const { status } = await readEnvironment(product, id);
      one.deleted = status === 'deleting' || status === 'terminated';
      one.deletionUnknown = false;
    }
    const { deleted } = one;
    const left = Math.max(1_000, CONVERGED_WITHIN_MS - (Date.now() - began));
    await eventually(
      async () => {
        const now = await readEnvironment(product, id);
        if (now.status !== (deleted ? 'terminated' : 'ready')) return null;
        return deleted || (await visit(product, name)).text === now.git.commit_sha ? now : null;
      },
      left,
      `${name} (${id}) to be ${deleted ? 'terminated' : 'ready and served'}`,
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(await readEnvironment(product, id))}\n${product.output()}`);
    });
  }
}

it(
  `loses nothing, leaves nothing behind and makes nothing twice when it is killed ${String(ROUNDS)} times`,
  { timeout: 60_000 + ROUNDS * 30_000 },
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const randomBefore = Math.floor((round + 1) / 4);
      const point = round % 4 === 3 ? undefined : POINTS[(round - randomBefore) % POINTS.length];
      const doomed = await start(point);
      let reached = true;
      const killer = setTimeout(
        () => {
          reached = point === undefined;
          void doomed.kill();
        },
        point === undefined ? 100 + Math.random() * 2_500 : REACHED_WITHIN_MS,
      );
      await useUntilItDies(doomed);
      clearTimeout(killer);
      expect(reached, `it gets to ${point ?? ''}`).toBe(true);

      const began = Date.now();
      const healed = await start();
      await assertConverged(healed, began);
      const all = await healed.api<{ items: EnvironmentBody[]; total: number }>('GET', '/api/environments?limit=200');
      const names = all.body.items.map(({ name }) => name);
      expect(new Set(names).size, 'no name lives twice').toBe(names.length);
      // What was cut off before its reply may live as well; it is told of from now on, and ends with the others.
      for (const { id, name } of all.body.items)
        if (!told.has(id)) told.set(id, { id, name, deleted: false, deletionUnknown: false });
      await assertConverged(healed, Date.now());
      const living = [...told.values()].filter(({ deleted }) => !deleted).map(({ id }) => id);
      expect(await worktreeOwners(), 'worktrees are those of the living').toEqual(expect.arrayContaining(living));
      expect(await worktreeOwners()).toHaveLength(living.length);
      const owners = await processOwners(new Set(told.keys()));
      expect([...new Set(owners)].sort(), 'processes are those of the living').toEqual([...living].sort());
      // Keeps the number of living ones small, so that each round has something of everything.
      const superfluous = [...told.values()].filter(({ deleted }) => !deleted).slice(4);
      for (const victim of superfluous) await remove(healed, victim);
      await healed.stop('SIGTERM');
    }
    const last = await start();
    for (const victim of told.values()) if (!victim.deleted) await remove(last, victim);
    await assertConverged(last, Date.now());
    expect(await worktreeOwners()).toEqual([]);
    expect(await processOwners(new Set(told.keys()))).toEqual([]);
    await last.stop();
  },
);
