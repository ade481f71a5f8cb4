import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { isAlive, signalProcess } from '../../../src/adapters/local-process/process-table.ts';
import {
  readExit,
  siblingScript,
  startSupervisor,
  type SupervisedProcess,
  type WaitingSupervisor,
} from '../../../src/adapters/local-process/supervised-process.ts';
import type { ExitRecord, SupervisorOrder } from '../../../src/adapters/local-process/supervisor-order.ts';
import { isRunning } from '../../support/processes.ts';
import { eventually } from '../../support/product.ts';
import { inAnHour, newKey } from '../../contract/environment-runtime.stage.ts';

interface Bench {
  readonly folder: string;
  start(): Promise<WaitingSupervisor>;
  /** Starts one and gives it an order to run these commands. */
  run(commands: readonly string[], change?: Partial<SupervisorOrder>): Promise<SupervisedProcess & { told: number[] }>;
  exit(): Promise<ExitRecord | null>;
  log(): Promise<string[]>;
  file(name: string): Promise<string | null>;
  /** The pid that a command has written. */
  pidIn(name: string): Promise<number>;
  lease(text: string): Promise<void>;
}

const supervisors: WaitingSupervisor[] = [];
const folders: string[] = [];

afterAll(async () => {
  for (const { identity } of supervisors) signalProcess(identity, 'SIGTERM');
  for (const { identity } of supervisors)
    await eventually(() => Promise.resolve(isAlive(identity) ? null : true), 5_000, 'the end of a supervisor');
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function createBench(): Promise<Bench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'blueberry-supervisor-')));
  folders.push(folder);
  const environmentId = newKey('bench').id;
  const at = (name: string): string => join(folder, name);
  const file = (name: string): Promise<string | null> => readFile(at(name), 'utf8').catch(() => null);
  const bench: Bench = {
    folder,
    file,
    async start() {
      const supervisor = await startSupervisor({
        environmentId,
        revision: 1,
        troubleFile: at('troubles'),
        compileCache: at('cache'),
      });
      supervisors.push(supervisor);
      return supervisor;
    },
    async run(commands, change = {}) {
      if (change.leaseFile === undefined) await bench.lease(inAnHour());
      const told: number[] = [];
      const running = (await bench.start()).obey(
        {
          environmentId,
          revision: 1,
          commands,
          folder,
          env: { PATH: process.env['PATH'] ?? '', BLUEBERRY_ENVIRONMENT: environmentId, BLUEBERRY_REVISION: '1' },
          masked: [],
          logFile: at('log'),
          logBytes: 1_048_576,
          exitFile: at('exit'),
          leaseFile: at('lease'),
          leash: false,
          graceMs: 500,
          ...change,
        },
        (index) => told.push(index),
      );
      return { ...running, told };
    },
    exit: () => readExit(at('exit')),
    // Each line has its time in front.
    log: async () => ((await file('log')) ?? '').split('\n').flatMap((line) => (line === '' ? [] : [line.slice(25)])),
    pidIn: (name) =>
      eventually(
        async () => {
          const text = await file(name);
          return text?.endsWith('\n') ? Number(text) : null;
        },
        5_000,
        `a pid in ${name}`,
      ),
    lease: (text) => writeFile(at('lease'), text),
  };
  return bench;
}

const SLEEP = 'echo $$ > own; exec sleep 4711';

describe.concurrent('a supervisor', () => {
  // The one that takes longest comes first.
  it('goes on while its lease says nothing, and ends when that is gone for good', async () => {
    const bench = await createBench();
    await bench.lease('no time');
    const { ended } = await bench.run([SLEEP], { leaseFile: join(bench.folder, 'lease') });
    const pid = await bench.pidIn('own');
    expect(isRunning(pid)).toBe(true);
    await rm(join(bench.folder, 'lease'));
    await ended;
    expect(isRunning(pid)).toBe(false);
    expect(await bench.exit()).toMatchObject({ cause: 'expired' });
  });

  it('starts nothing before it has its whole order, and ends when that will not come', async () => {
    const bench = await createBench();
    const waiting = await bench.start();
    await pause(200);
    expect(isAlive(waiting.identity)).toBe(true);
    waiting.discard();
    await eventually(() => Promise.resolve(isAlive(waiting.identity) ? null : true), 5_000, 'its end');

    const child = spawn(process.execPath, [siblingScript('supervisor'), 'half'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const order = JSON.stringify({
      commands: ['touch started'],
      folder: bench.folder,
      leaseFile: join(bench.folder, 'x'),
    });
    child.stdin.end(order.slice(0, -3));
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await bench.file('started')).toBeNull();
  });

  it('runs the commands one after another in its folder, keeps their log, and how the last one ended', async () => {
    const bench = await createBench();
    const { ended } = await bench.run(['echo one', 'pwd; echo two >&2; exit 3', 'echo never']);
    await ended;
    expect(await bench.exit()).toMatchObject({ command: 1, code: 3, signal: null, cause: 'ended' });
    expect(await bench.log()).toEqual([
      'o $ echo one',
      'o one',
      'o $ pwd; echo two >&2; exit 3',
      `o ${bench.folder}`,
      'e two',
    ]);
  });

  it('keeps the signal that ended a command', async () => {
    const bench = await createBench();
    await (
      await bench.run(['kill -KILL $$'])
    ).ended;
    expect(await bench.exit()).toMatchObject({ command: 0, code: null, signal: 'SIGKILL', cause: 'ended' });
  });

  it('gives the commands no other environment than that of the order', async () => {
    const bench = await createBench();
    await (
      await bench.run(['env'], { env: { ONLY: 'this' } })
    ).ended;
    const names = (await bench.log()).slice(1).map((line) => /^o ([^=]+)=/.exec(line)?.[1]);
    // The shell adds these by itself.
    expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? ''))).toEqual(['ONLY']);
  });

  it('ends when it is asked to, with everything that it has started', async () => {
    const bench = await createBench();
    const { identity, ended } = await bench.run(['sleep 4711 & echo $! > child; echo $$ > own; wait']);
    const pids = [await bench.pidIn('child'), await bench.pidIn('own')];
    signalProcess(identity, 'SIGTERM');
    await ended;
    expect(pids.filter(isRunning)).toEqual([]);
    expect(await bench.exit()).toMatchObject({ cause: 'requested', signal: 'SIGTERM' });
  });

  it('comes to force with what does not end when asked to, and not before', async () => {
    const bench = await createBench();
    const { identity, ended } = await bench.run([`trap '' TERM; echo $$ > own; while :; do sleep 0.05; done`]);
    const pid = await bench.pidIn('own');
    const asked = performance.now();
    signalProcess(identity, 'SIGTERM');
    await ended;
    expect(performance.now() - asked).toBeGreaterThanOrEqual(450);
    expect(isRunning(pid)).toBe(false);
    expect(await bench.exit()).toMatchObject({ cause: 'requested', signal: 'SIGKILL' });
  });

  it('lets a program finish that takes its leave in time', async () => {
    const bench = await createBench();
    const leave = `trap 'sleep 0.2; echo bye; exit 0' TERM; echo $$ > own; while :; do sleep 0.02; done`;
    const { identity, ended } = await bench.run([leave], { graceMs: 5_000 });
    await bench.pidIn('own');
    signalProcess(identity, 'SIGTERM');
    await ended;
    expect((await bench.log()).at(-1)).toBe('o bye');
    expect(await bench.exit()).toMatchObject({ cause: 'requested', code: 0 });
  });

  it('ends what a command has left behind, in its group or in a session of its own', async () => {
    const bench = await createBench();
    const hidden = `const { spawn } = require('node:child_process');
      const child = spawn('sleep', ['4711'], { detached: true, stdio: 'ignore' });
      child.unref();
      require('node:fs').writeFileSync('hidden', child.pid + '\\n');`;
    await writeFile(join(bench.folder, 'hide.js'), hidden);
    await (
      await bench.run([`sleep 4711 > /dev/null 2>&1 & echo $! > plain; '${process.execPath}' hide.js`])
    ).ended;
    expect([await bench.pidIn('plain'), await bench.pidIn('hidden')].filter(isRunning)).toEqual([]);
    expect(await bench.exit()).toMatchObject({ code: 0, cause: 'ended' });
  });

  it('ends everything at the time in its lease, not before', async () => {
    const bench = await createBench();
    const endsAt = Date.now() + 1_500;
    await bench.lease(new Date(endsAt).toISOString());
    const { ended } = await bench.run([SLEEP], { leaseFile: join(bench.folder, 'lease') });
    const pid = await bench.pidIn('own');
    await ended;
    expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
    expect(Date.now()).toBeLessThan(endsAt + 5_000);
    expect(isRunning(pid)).toBe(false);
    expect(await bench.exit()).toMatchObject({ cause: 'expired' });
  });

  it('starts nothing once its lease is over', async () => {
    const bench = await createBench();
    await bench.lease(new Date(Date.now() - 1_000).toISOString());
    await (
      await bench.run(['touch started'], { leaseFile: join(bench.folder, 'lease') })
    ).ended;
    expect(await bench.file('started')).toBeNull();
    expect(await bench.exit()).toMatchObject({ cause: 'expired', code: null, signal: null });
  });

  it('goes on when its lease is renewed', async () => {
    const bench = await createBench();
    await bench.lease(new Date(Date.now() + 1_500).toISOString());
    const { identity, ended } = await bench.run([SLEEP], { leaseFile: join(bench.folder, 'lease') });
    const pid = await bench.pidIn('own');
    await bench.lease(inAnHour());
    await pause(2_000);
    expect(isRunning(pid)).toBe(true);
    signalProcess(identity, 'SIGTERM');
    await ended;
  });

  it('on a leash tells which command runs, and ends everything when it is let go', async () => {
    const bench = await createBench();
    const running = await bench.run(['true', SLEEP], { leash: true });
    const pid = await bench.pidIn('own');
    await eventually(() => Promise.resolve(running.told.length === 2 ? true : null), 5_000);
    expect(running.told).toEqual([0, 1]);
    running.letGo();
    await running.ended;
    expect(isRunning(pid)).toBe(false);
    expect(await bench.exit()).toMatchObject({ command: 1, cause: 'leash' });
  });

  it('without a leash does not mind that nobody holds the other end', async () => {
    const bench = await createBench();
    const running = await bench.run(['sleep 0.5; echo still there']);
    running.letGo();
    await running.ended;
    expect(await bench.exit()).toMatchObject({ code: 0, cause: 'ended' });
    expect((await bench.log()).at(-1)).toBe('o still there');
  });

  it('shows no secret in its log', async () => {
    const bench = await createBench();
    await (
      await bench.run(['printf "key=%s-%s\\n" s3cret-one s3cret-two'], { masked: ['s3cret-one', 's3cret-two'] })
    ).ended;
    expect((await bench.log()).at(-1)).toBe('o key=***-***');
  });
});
