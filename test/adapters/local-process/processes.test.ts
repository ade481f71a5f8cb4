import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { hasFailed, inAnHour } from '../../contract/environment-runtime.stage.ts';
import { createLocalStage, type LocalStage } from '../../support/local-stage.ts';
import { isRunning } from '../../support/processes.ts';
import { eventually } from '../../support/product.ts';

let stage: LocalStage;
afterEach(() => stage.dispose());

/** An application that answers with what `told` is then, as JSON. */
const telling = (program: string): Record<string, string> => ({
  'blueberry.yaml': 'run: exec node s.js\n',
  's.js': `${program}
    require('node:http').createServer((request, response) => response.end(JSON.stringify(told)))
      .listen(process.env.PORT, '127.0.0.1');`,
});
const PIDS = 'const told = { own: process.pid, supervisor: process.ppid };';

async function told<T = { own: number; supervisor: number }>(): Promise<T> {
  return JSON.parse((await stage.ask()).body) as T;
}

const ended = (pid: number, timeoutMs = 10_000): Promise<true> =>
  eventually(() => Promise.resolve(isRunning(pid) ? null : true), timeoutMs, `the end of process ${String(pid)}`);

async function serve(files: Readonly<Record<string, string>>): Promise<void> {
  stage = await createLocalStage();
  await stage.putFiles(files);
  await stage.untilServing(1);
}

it('leaves no process behind that has hidden itself in a session of its own, twice removed', async () => {
  await serve(
    telling(`
      const child = require('node:child_process').spawn('sh', ['-c', 'sleep 4711 & echo $!; exec sleep 4712'], {
        detached: true, stdio: ['ignore', 'pipe', 'ignore'],
      });
      child.unref();
      const told = [process.pid, child.pid];
      child.stdout.on('data', (text) => told.push(Number(text)));`),
  );
  const pids = await eventually(async () => {
    const all = await told<number[]>();
    return all.length === 3 ? all : null;
  });
  expect(pids.every(isRunning)).toBe(true);
  await stage.untilGone();
  expect(pids.filter(isRunning)).toEqual([]);
});

it.skipIf(process.platform !== 'linux')(
  'leaves no process behind that has left its session and emptied its environment',
  async () => {
    const daemon = [
      'import os, time',
      'if os.fork(): os._exit(0)',
      'os.setsid()',
      'if os.fork(): os._exit(0)',
      'open("daemon.pid", "w").write(str(os.getpid()))',
      'os.execvpe("sleep", ["sleep", "4713"], {"PATH": os.environ["PATH"]})',
    ].join('\n');
    await serve({
      ...telling(`
        const { readFileSync } = require('node:fs');
        require('node:child_process').spawnSync('python3', ['daemon.py'], { stdio: 'ignore' });
        const told = { get pid() { return Number(readFileSync('daemon.pid', 'utf8')); } };`),
      'daemon.py': daemon,
    });
    const { pid } = await eventually(async () => {
      const all = await told<{ pid: number }>();
      return all.pid > 0 ? all : null;
    });
    expect(isRunning(pid)).toBe(true);
    await stage.untilGone();
    expect(isRunning(pid)).toBe(false);
  },
);

it('says what it waits for while a process takes its leave, and comes to force', async () => {
  await serve(telling(`process.on('SIGTERM', () => undefined); ${PIDS}`));
  const { own } = await told();
  const first = await stage.runtime.remove(stage.key);
  if (first.presence === 'removing') expect(first.blockedBy).toMatch(/^Waiting for its processes to end\.$/);
  await stage.untilGone();
  expect(isRunning(own)).toBe(false);
});

it('knows how a process ended that it has only taken over', async () => {
  stage = await createLocalStage({ limits: { crashLimit: 1 } });
  const wanted = await stage.putFiles(telling(`${PIDS} process.on('SIGUSR2', () => process.exit(7));`));
  await stage.untilServing(1);
  const { own } = await told();
  await stage.restart();
  await stage.runtime.ensure(wanted);
  await stage.untilServing(1);
  expect((await told()).own).toBe(own);
  process.kill(own, 'SIGUSR2');
  const { progress } = await stage.until('failed', hasFailed);
  expect(JSON.stringify(progress)).toContain('crashed once with exit code 7');
});

it('starts anew what ended while no control plane was there', async () => {
  stage = await createLocalStage();
  const wanted = await stage.putFiles(telling(PIDS));
  await stage.untilServing(1);
  const { own, supervisor } = await told();
  await stage.runtime.close();
  process.kill(own, 'SIGKILL');
  await ended(supervisor);
  await stage.restart();
  await stage.runtime.ensure(wanted);
  await stage.untilServing(1);
  expect((await told()).own).not.toBe(own);
});

it('starts again what crashes, tells so, and goes on', async () => {
  await serve(telling(PIDS));
  const { own } = await told();
  process.kill(own, 'SIGKILL');
  const seen = await stage.until('restarted', ({ resources }) => /restarted once/.test(JSON.stringify(resources)));
  if (seen.progress?.step === 'waiting') expect(seen.progress.reason).toMatch(/Restarting|Starting/);
  await stage.untilServing(1);
  expect((await told()).own).not.toBe(own);
});

it('leaves one process of an environment whose supervisor was killed', async () => {
  await serve(telling(PIDS));
  const { own, supervisor } = await told();
  process.kill(supervisor, 'SIGKILL');
  await eventually(async () => ((await told()).own === own ? null : true), 15_000, 'another process that serves');
  expect(isRunning(own)).toBe(false);
});

it('leaves one process when the supervisor was killed while no control plane was there', async () => {
  stage = await createLocalStage();
  const wanted = await stage.putFiles(telling(PIDS));
  await stage.untilServing(1);
  const { own, supervisor } = await told();
  await stage.runtime.close();
  process.kill(supervisor, 'SIGKILL');
  await ended(supervisor);
  await stage.restart();
  await stage.runtime.ensure(wanted);
  await stage.untilServing(1);
  expect((await told()).own).not.toBe(own);
  expect(isRunning(own)).toBe(false);
});

it('ends all processes when it is told to stop, those of a revision that was just replaced too', async () => {
  await serve(telling(PIDS));
  const first = await told();
  await stage.putFiles(telling(`${PIDS} // two`), { revision: 2 });
  await stage.untilServing(2);
  const second = await told();
  await stage.runtime.stopAll();
  const pids = [first.own, first.supervisor, second.own, second.supervisor];
  expect(pids.filter(isRunning)).toEqual([]);
  expect(await stage.runtime.list()).toEqual([stage.key]);
});

it('brings up again what it was told to stop', async () => {
  stage = await createLocalStage();
  const wanted = await stage.putFiles(telling(PIDS));
  await stage.untilServing(1);
  await stage.runtime.stopAll();
  await stage.restart();
  await stage.runtime.ensure(wanted);
  await stage.untilServing(1);
  expect(isRunning((await told()).own)).toBe(true);
});

it('neither takes over nor ends a stranger that has got the number of its process', async () => {
  stage = await createLocalStage();
  const wanted = await stage.putFiles(telling(PIDS));
  await stage.untilServing(1);
  await stage.runtime.stopAll();
  const stranger = spawn('sleep', ['4711'], { detached: true, stdio: 'ignore' });
  try {
    const file = join(stage.harness.folder, 'environments', stage.key.id, 'revision-1', 'state.json');
    const state = JSON.parse(await readFile(file, 'utf8')) as object;
    const process = {
      pid: stranger.pid,
      started: 'another/1',
      port: 1,
      startedAt: '',
      restarts: 0,
      command: '',
      health: null,
    };
    await writeFile(file, JSON.stringify({ ...state, process }));
    await stage.restart();
    await stage.runtime.ensure(wanted);
    await stage.untilServing(1);
    await stage.untilGone();
    expect(isRunning(stranger.pid ?? 0)).toBe(true);
  } finally {
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  }
});

it('does not call it a crash when its time is over, and serves again when that is renewed after all', async () => {
  stage = await createLocalStage();
  const expiresAt = new Date(Date.now() + 4_000).toISOString();
  const wanted = await stage.putFiles(telling(PIDS), { expiresAt });
  await stage.untilServing(1);
  await stage.until('at its end', ({ serving }) => serving === null);
  await stage.runtime.ensure(wanted);
  await pause(1_000);
  const { progress } = await stage.runtime.observe(stage.key);
  expect(progress).toMatchObject({ step: 'waiting', reason: 'Removing' });
  expect((await stage.lines()).filter(({ text }) => text.startsWith('$ '))).toHaveLength(1);
  await stage.runtime.ensure({ ...wanted, expiresAt: inAnHour() });
  await stage.untilServing(1);
  expect(isRunning((await told()).own)).toBe(true);
});
