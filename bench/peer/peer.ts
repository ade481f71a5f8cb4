import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/product.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const START_TRIES = 200;

export interface Peer {
  readonly url: string;
  stop(): Promise<void>;
}

/** FastAPI, Pydantic and uvicorn in a virtual environment of this project's cache. */
async function pythonOfPeer(): Promise<string> {
  const folder = fileURLToPath(new URL('../../.cache/bench-peer', import.meta.url));
  const python = join(folder, 'bin', 'python');
  if (!existsSync(join(folder, 'installed'))) {
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', join(here, 'requirements.txt')]);
    await run('touch', [join(folder, 'installed')]);
  }
  return python;
}

/** @param mode `rows`: the same work over the same database; `memory`: ready models, nothing checked. */
export async function startPeer(mode: 'rows' | 'memory', databaseFile: string): Promise<Peer> {
  const port = await freePort();
  const child = spawn(
    await pythonOfPeer(),
    [
      '-m',
      'uvicorn',
      'app:app',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--log-level',
      'warning',
      '--no-access-log',
    ],
    {
      cwd: here,
      env: { ...process.env, PEER_MODE: mode, PEER_DATABASE: databaseFile },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const url = `http://127.0.0.1:${String(port)}`;
  for (let attempt = 0; ; attempt += 1) {
    const up = await fetch(`${url}/docs`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) break;
    if (child.exitCode !== null || attempt > START_TRIES) throw new Error('The peer did not start.');
    await sleep(50);
  }
  return {
    url,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
