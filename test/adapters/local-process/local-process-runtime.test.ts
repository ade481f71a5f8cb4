import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { get } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import type {
  DesiredComponent,
  DesiredEnvironment,
  RuntimeObservation,
} from '../../../src/ports/environment-runtime.ts';
import { createLocalWorld, type LocalWorld, type LocalWorldOptions } from '../../support/local-world.ts';
import { eventually } from '../../support/product.ts';

const KEY = { id: 'env_aaaaaaaaaaaaaaaaaaaaaaaaaa', name: 'local' };
const OTHER = { id: 'env_bbbbbbbbbbbbbbbbbbbbbbbbbb', name: 'other' };
const SERVE = `require('node:http').createServer((q, s) => s.end(JSON.stringify(told))).listen(process.env.PORT);`;

let world: LocalWorld;
afterEach(() => world.dispose());

async function start(options: LocalWorldOptions = {}): Promise<LocalWorld> {
  world = await createLocalWorld(options);
  return world;
}

const app = (program: string, more = ''): Record<string, string> => ({
  'blueberry.yaml': `${more}run: exec node s.js\n`,
  's.js': `${program}\n${SERVE}\n`,
});

function desired(component: DesiredComponent, change: Partial<DesiredEnvironment> = {}): DesiredEnvironment {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  return { key: KEY, revision: 1, asleep: false, expiresAt, components: [component], ...change };
}

function until(condition: (seen: RuntimeObservation) => boolean, key = KEY): Promise<RuntimeObservation> {
  return eventually(async () => {
    const seen = await world.runtime.observe(key);
    return condition(seen) ? seen : null;
  }, 15_000);
}

const isServing = (seen: RuntimeObservation): boolean => seen.progress?.step === 'running' && seen.serving !== null;

async function told<T>(key = KEY): Promise<T> {
  const { connection } = await world.runtime.connect(key);
  return new Promise((resolve, reject) => {
    get({ path: '/', headers: { host: 'local' }, createConnection: () => connection }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => {
        resolve(JSON.parse(text) as T);
      });
    }).on('error', reject);
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const ended = (pid: number): Promise<true> =>
  eventually(() => Promise.resolve(isAlive(pid) ? null : true), 10_000, `the end of process ${String(pid)}`);

it('ends a process when its time is over, with nobody there to ask for it', async () => {
  const { runtime, componentOf } = await start();
  const endsAt = Date.now() + 3_000;
  const component = await componentOf(app('const told = process.pid;'));
  await runtime.ensure(desired(component, { expiresAt: new Date(endsAt).toISOString() }));
  await until(isServing);
  const pid = await told<number>();
  await runtime.close();
  expect(isAlive(pid)).toBe(true);
  await ended(pid);
  expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
});

it('keeps a process whose time was renewed', async () => {
  const { runtime, componentOf } = await start();
  const component = await componentOf(app('const told = process.pid;'));
  const endsAt = Date.now() + 2_500;
  await runtime.ensure(desired(component, { expiresAt: new Date(endsAt).toISOString() }));
  await until(isServing);
  const pid = await told<number>();
  await runtime.ensure(desired(component));
  await eventually(() => Promise.resolve(Date.now() > endsAt + 1_500 ? true : null));
  expect(isAlive(pid)).toBe(true);
  expect(await told<number>()).toBe(pid);
});

it('leaves no process behind that has hidden itself in a session of its own', async () => {
  const { runtime, componentOf } = await start();
  const hiding = `
    const { spawn } = require('node:child_process');
    const child = spawn('sh', ['-c', 'sleep 300 & echo $!; sleep 301'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    child.unref();
    let told = { own: process.pid, child: child.pid, grandchild: 0 };
    child.stdout.on('data', (text) => { told.grandchild = Number(String(text)); });`;
  await runtime.ensure(desired(await componentOf(app(hiding))));
  await until(isServing);
  const pids = await eventually(async () => {
    const all = await told<{ own: number; child: number; grandchild: number }>();
    return all.grandchild > 0 ? all : null;
  });
  await eventually(async () => ((await runtime.remove(KEY)).presence === 'absent' ? true : null));
  for (const pid of Object.values(pids)) await ended(pid);
});

it('removes what a build has protected against that, unless it is allowed everything anyway', async () => {
  const { runtime, componentOf } = await start();
  const build = 'build: mkdir -p cache/module && touch cache/module/file && chmod -R a-w cache\n';
  await runtime.ensure(desired(await componentOf(app('const told = 1;', build))));
  await until(isServing);
  await eventually(async () => ((await runtime.remove(KEY)).presence === 'absent' ? true : null));
  expect(await world.leftovers()).toEqual([]);
});

it('knows how a process ended that it has only taken over', async () => {
  const { componentOf, runtime, restart } = await start({ limits: { crashLimit: 1 } });
  const wanted = desired(await componentOf(app(`const told = process.pid; setTimeout(() => process.exit(7), 3000);`)));
  await runtime.ensure(wanted);
  await until(isServing);
  await restart();
  await world.runtime.ensure(wanted);
  const { progress } = await until((seen) => seen.progress?.step === 'failed');
  expect(JSON.stringify(progress)).toContain('exit code 7');
});

it('is out of sync while a newer revision that has failed stands beside what serves', async () => {
  const { componentOf, runtime } = await start({ limits: { crashLimit: 1 } });
  await runtime.ensure(desired(await componentOf(app('const told = 1;'))));
  expect((await until(isServing)).sync).toBe('Synced');
  await runtime.ensure(desired(await componentOf(app('process.exit(3);')), { revision: 2 }));
  const { sync, serving } = await until(({ progress }) => progress?.step === 'failed');
  expect([sync, serving?.revision]).toEqual(['OutOfSync', 1]);
});

it('gives commands nothing of its own environment but what is harmless', async () => {
  const userEnvironment = { CANARY_TOKEN: 'secret-4711', BOOTSTRAP_TOKEN: 'secret-4712', LANG: 'C.UTF-8' };
  const { runtime, componentOf } = await start({ userEnvironment });
  const yaml = 'build: env > built.txt\n';
  const program = `const told = { env: process.env, built: require('node:fs').readFileSync('built.txt', 'utf8') };`;
  await runtime.ensure(desired(await componentOf(app(program, yaml))));
  await until(isServing);
  const { env, built } = await told<{ env: Record<string, string>; built: string }>();
  expect(JSON.stringify([env, built])).not.toMatch(/secret-471|CANARY|BOOTSTRAP/);
  expect(env).toMatchObject({ LANG: 'C.UTF-8', BLUEBERRY_REVISION: '1' });
  expect(env['PORT']).toMatch(/^\d+$/);
});

it('keeps logs within their bound', async () => {
  // Output is written in pieces of up to 64 KiB: less than four of them is no bound that it could keep to.
  const logBytes = 512 * 1024;
  const { runtime, componentOf, folder } = await start({ limits: { logBytes } });
  const noisy = `const told = 1; for (let i = 0; i < 20000; i += 1) console.log('line ' + i + ' ' + 'x'.repeat(80)); console.log('the last line');`;
  await runtime.ensure(desired(await componentOf(app(noisy))));
  await until(isServing);
  const last = await eventually(async () => {
    const query = { follow: false, tail: 1, signal: AbortSignal.timeout(5_000) };
    for await (const { text } of runtime.logs(KEY, query)) if (text === 'the last line') return text;
    return null;
  });
  expect(last).toBe('the last line');
  const files = await readdir(join(folder, 'environments', KEY.id), { recursive: true });
  const sizes = await Promise.all(
    files
      .filter((file) => /web.*log/.test(file))
      .map(async (file) => (await stat(join(folder, 'environments', KEY.id, file))).size),
  );
  expect(sizes.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(logBytes);
});

it('builds no more at once than it may, tells the place in the queue, and lets the newest commit pass older ones', async () => {
  const { runtime, componentOf } = await start({ limits: { concurrentBuilds: 1 } });
  const slow = await componentOf(app('const told = 1;', 'build: sleep 30\n'));
  await runtime.ensure(desired(slow));
  await until(({ progress }) => progress?.step === 'waiting' && progress.reason === 'Building');
  const quick = await componentOf(app('const told = 2;', 'build: "true"\n'));
  await runtime.ensure({ ...desired(quick), key: OTHER });
  const waiting = await until(
    ({ progress }) => progress?.step === 'waiting' && progress.reason === 'WaitingForBuildSlot',
    OTHER,
  );
  expect(JSON.stringify(waiting.progress)).toMatch(/1st in the queue/);
  // The slow build is of no use any more, so it gives its place away.
  await runtime.ensure(desired(quick, { revision: 2 }));
  await until(isServing);
  await until(isServing, OTHER);
  expect(await told<number>()).toBe(2);
});
