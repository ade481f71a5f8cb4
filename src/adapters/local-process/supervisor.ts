/**
 * A program of its own, one beside each build and each running environment; why it is one stands in
 * ARCHITECTURE.md. It leads a process group, waits for its order, runs the commands in the group, keeps their log and
 * how they ended, and ends them when their time is over, whether or not Blueberry is there to see it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogWriter, type LogStream } from './log-writer.ts';
import { isAlive, processesOf, signalProcess, type ProcessIdentity } from './process-table.ts';
import type { ExitRecord, SupervisorOrder } from './supervisor-order.ts';

const LEASE_CHECK_MS = 5_000;
/** Output beyond this makes the program wait: nobody reads faster, and a disk and a core are shared. */
const OUTPUT_PER_WINDOW = 1_048_576;
const WINDOW_MS = 100;
/** How long output is waited for after everything has ended; only what can't be found may still hold it. */
const DRAIN_MS = 500;

const order = await readOrder();
if (order === null) process.exit(0);
await supervise(order);
process.exit(0);

/** Null when the input ends before a whole line has come. */
function readOrder(): Promise<SupervisorOrder | null> {
  return new Promise((resolve) => {
    let text = '';
    const take = (chunk: string): void => {
      text += chunk;
      if (!text.includes('\n')) return;
      process.stdin.off('data', take);
      resolve(JSON.parse(text) as SupervisorOrder);
    };
    process.stdin.setEncoding('utf8').on('data', take);
    process.stdin.once('end', () => {
      resolve(null);
    });
    process.stdin.once('error', () => {
      resolve(null);
    });
  });
}

async function supervise(work: SupervisorOrder): Promise<void> {
  const log = createLogWriter(work.logFile, work.logBytes, work.masked);
  const { environmentId, revision, exitFile } = work;
  const owner = { groups: [process.pid], environmentId, revision, folder: realpathSync(dirname(exitFile)) };
  const end: { cause: ExitRecord['cause']; done: Promise<void> | null } = { cause: 'ended', done: null };
  const endBecause = (cause: ExitRecord['cause']): void => {
    if (end.done !== null) return;
    end.cause = cause;
    end.done = endOthers(owner, work.graceMs);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      endBecause('requested');
    });
  }
  watchLease(work.leaseFile, () => {
    endBecause('expired');
  });
  if (work.leash) {
    watchInput(() => {
      endBecause('leash');
    });
  } else process.stdin.destroy();

  let exit: Pick<ExitRecord, 'command' | 'code' | 'signal'> = { command: 0, code: null, signal: null };
  for (const [index, command] of work.commands.entries()) {
    if (end.done !== null) break;
    if (work.leash) process.stdout.write(`${index}\n`);
    log.note(`$ ${command}`);
    const child = start(command, work, (stream, chunk) => {
      log.write(stream, chunk);
    });
    exit = { command: index, ...(await endOf(child)) };
    const last = exit.code !== 0 || index === work.commands.length - 1;
    await (end.done ?? (last ? endOthers(owner, work.graceMs) : undefined));
    await outputOf(child);
    if (exit.code !== 0) break;
  }
  log.end();
  record(work.exitFile, { at: new Date().toISOString(), ...exit, cause: end.cause });
}

/** Whoever gave the order holds the other end for as long as it wants the work done. */
function watchInput(onEnd: () => void): void {
  process.stdout.on('error', onEnd);
  process.stdin.once('end', onEnd).once('close', onEnd).once('error', onEnd);
  process.stdin.resume();
}

function start(
  command: string,
  work: SupervisorOrder,
  write: (stream: LogStream, chunk: Buffer) => void,
): ChildProcess {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: work.folder,
    env: work.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let room = OUTPUT_PER_WINDOW;
  let waiting = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      write(stream, chunk);
      room -= chunk.length;
      if (room > 0 || waiting) return;
      waiting = true;
      child.stdout.pause();
      child.stderr.pause();
      setTimeout(() => {
        waiting = false;
        room = OUTPUT_PER_WINDOW;
        child.stdout.resume();
        child.stderr.resume();
      }, WINDOW_MS);
    });
  }
  child.once('error', (error) => {
    write('stderr', Buffer.from(`The shell could not be started: ${error.message}\n`));
  });
  return child;
}

function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve({ code: 126, signal: null });
    });
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

async function outputOf(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.closed);
  const closed = streams.map((stream) => new Promise((resolve) => stream?.once('close', resolve)));
  await Promise.race([Promise.all(closed), sleep(DRAIN_MS)]);
}

/** Ends everything of the owner but this process; resolves when nothing of it is left. */
async function endOthers(owner: Parameters<typeof processesOf>[0], graceMs: number): Promise<void> {
  const killAt = performance.now() + graceMs;
  const asked = new Set<string>();
  for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
    const others = processesOf(owner).filter(({ pid }) => pid !== process.pid);
    if (others.length === 0) return;
    const force = performance.now() >= killAt;
    for (const other of others) {
      if (force) signalProcess(other, 'SIGKILL');
      else if (!asked.has(keyOf(other))) signalProcess(other, 'SIGTERM');
      asked.add(keyOf(other));
    }
    await untilOneEnds(others, pause, force ? 100 : Math.min(1_000, killAt - performance.now()));
  }
}

/** Looking at a few processes is cheap, finding them is not. */
async function untilOneEnds(others: readonly ProcessIdentity[], pauseMs: number, atMostMs: number): Promise<void> {
  const until = performance.now() + atMostMs;
  do await sleep(pauseMs);
  while (performance.now() < until && others.every(isAlive));
}

function keyOf({ pid, started }: ProcessIdentity): string {
  return `${pid}/${started}`;
}

/**
 * Calls back at the time in the lease file, never before. It is read again and again, so that it can be moved. A file
 * that can't be read proves nothing; one that is gone twice in a row means that the environment is.
 */
function watchLease(file: string, onExpired: () => void): void {
  let expiresAt = Number.POSITIVE_INFINITY;
  let missing = 0;
  const check = (): void => {
    try {
      const read = Date.parse(readFileSync(file, 'utf8'));
      if (!Number.isNaN(read)) expiresAt = read;
      missing = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') missing += 1;
    }
    if (missing >= 2 || Date.now() >= expiresAt) {
      onExpired();
      return;
    }
    setTimeout(check, Math.max(1, Math.min(LEASE_CHECK_MS, expiresAt - Date.now())));
  };
  check();
}

/** Whole or not at all. On a full disk it is lost, and the end is all that is known. */
function record(file: string, exit: ExitRecord): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(exit), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    process.exitCode = 1;
  }
}
