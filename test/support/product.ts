import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Of a busy machine. */
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 30_000;
export const BOOTSTRAP_TOKEN = 'bb_test_bootstrap_token_0123456789abcdef';

export interface ProductOptions {
  /** Kept by the caller; left out: a temporary one that goes with `dispose`. */
  readonly dataDir?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Another entry than the product's own, relative to the repository. */
  readonly entry?: string;
  /** Runs what `npm run build` has made, as in production, instead of the sources. */
  readonly built?: boolean;
  /** What a start is waited for; left out: `/readyz`. `/healthz` where something is meant to be missing. */
  readonly until?: '/readyz' | '/healthz';
}

export interface Reply<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** The whole product as a child process, on a free port, with a data folder of its own. */
export interface Product {
  readonly port: number;
  readonly url: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** Everything it has printed. */
  output(): string;
  /** Calls the API as the administrator. */
  api<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply<T>>;
  /** SIGINT ends its environments too, SIGTERM leaves them running. Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Stops it with everything that it runs, and removes a temporary data folder. */
  dispose(): Promise<void>;
}

function spawnProduct(
  options: ProductOptions,
  port: number,
  dataDir: string,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(
    process.execPath,
    options.built ? ['dist/main.js'] : ['--import', 'tsx', options.entry ?? 'src/main.ts'],
    {
      cwd: root,
      env: {
        ...inherited(),
        ENVIRONMENT: 'development',
        PORT: String(port),
        DATA_DIR: dataDir,
        DEMO_REPOSITORY: 'false',
        BOOTSTRAP_TOKEN,
        LOG_LEVEL: 'info',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

/** Everything that it has printed so far. */
function outputOf(child: ChildProcessByStdio<null, Readable, Readable>): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return () => output;
}

/** Starts it where it is expected to refuse. Resolves when it has ended by itself. */
export async function startInVain(
  options: ProductOptions & { readonly port: number; readonly dataDir: string },
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawnProduct(options, options.port, options.dataDir);
  const output = outputOf(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  await once(child, 'close');
  clearTimeout(timer);
  return { code: child.exitCode, output: output() };
}

export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const port = options.port ?? (await freePort());
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'blueberry-')));
  const child = spawnProduct(options, port, dataDir);
  const output = outputOf(child);
  const url = `http://127.0.0.1:${String(port)}`;

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
    return child.exitCode;
  }

  const product: Product = {
    port,
    url,
    dataDir,
    process: child,
    output,
    async api<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${BOOTSTRAP_TOKEN}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: (text === '' ? null : JSON.parse(text)) as T };
    },
    stop: (signal = 'SIGINT') => end(signal),
    async kill() {
      await end('SIGKILL');
    },
    async dispose() {
      await end('SIGINT');
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await untilAnswering(product, options.until ?? '/readyz');
  } catch (error) {
    await product.kill();
    throw error;
  }
  return product;
}

async function untilAnswering(product: Product, path: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let said = '';
  while (Date.now() < deadline) {
    if (product.process.exitCode !== null) throw new Error(`The product ended at start:\n${product.output()}`);
    try {
      const response = await fetch(`${product.url}${path}`);
      if (response.ok) return;
      said = await response.text();
    } catch (error) {
      said = String(error);
    }
    await sleep(10);
  }
  throw new Error(`The product was not ready in time: ${said}\n${product.output()}`);
}

/** What a user's shell would have, without what the test runner adds. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('VITEST') && !name.startsWith('npm_') && name !== 'NODE_ENV',
    ),
  );
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port');
  return address.port;
}

/** Asks again until `ask` gives something other than null or undefined. Fails with the last thing that was seen. */
export async function eventually<T>(
  ask: () => Promise<T | null | undefined>,
  timeoutMs = 30_000,
  what = 'it',
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let problem: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined) return answer;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited ${String(timeoutMs)} ms for ${what}`, { cause: problem });
    await sleep(30);
  }
}
