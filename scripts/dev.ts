import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, watch } from 'node:fs';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { assetFolder, buildAssets } from './build-assets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const quietMs = 150;
const stopWithinMs = 30_000;
const assetFolders = ['browser', 'styles', 'static'].map((folder) => join('http', 'ui', folder) + sep);

let server: ChildProcess | undefined;
let restarting = false;
let stopping = false;
let assetsChanged = true;
let changes = 0;

await start();

let timer: NodeJS.Timeout | undefined;
const watcher = watch(join(root, 'src'), { recursive: true }, (_event, file) => {
  if (file === null || stopping) return;
  if (assetFolders.some((folder) => file.startsWith(folder))) assetsChanged = true;
  clearTimeout(timer);
  timer = setTimeout(() => {
    changes += 1;
    void restart();
  }, quietMs);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void shutDown());

async function start(): Promise<void> {
  if (assetsChanged) {
    assetsChanged = false;
    try {
      await buildAssets({ outDir: assetFolder });
    } catch {
      // esbuild has printed file, line and reason.
      assetsChanged = true;
      console.error('[dev] The files for the browser could not be built. Waiting for a change.');
      return;
    }
  }
  if (stopping) return;
  const started = spawn(
    process.execPath,
    ['--import', 'tsx', '--import', './scripts/stop-with-parent.ts', 'src/main.ts'],
    {
      cwd: root,
      env: {
        ...process.env,
        ENVIRONMENT: process.env.ENVIRONMENT ?? 'development',
        LOG_LEVEL: logLevel(),
        PATH: pathBeforeNpm(),
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // A process group of its own: Ctrl-C reaches the server once, from here, and not also from the terminal.
      detached: true,
    },
  );
  server = started;
  started.once('error', (error) => console.error(`[dev] The server could not be started: ${error.message}`));
  started.once('exit', (code, signal) => {
    if (server === started) server = undefined;
    if (restarting || stopping) return;
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    console.error(`[dev] The server ended ${how}. Waiting for a change.`);
  });
}

/** Stops the server and starts it anew, again if files changed meanwhile. SIGTERM leaves its environments running. */
async function restart(): Promise<void> {
  if (restarting || stopping) return;
  restarting = true;
  let seen: number;
  do {
    seen = changes;
    await stopServer('SIGTERM');
    if (stopping) break;
    console.log('[dev] Files changed. Starting again.');
    await start();
  } while (seen !== changes);
  restarting = false;
}

/** Ends everything: SIGINT tells the server to end its environments too. The exit code is the server's. */
async function shutDown(): Promise<void> {
  if (stopping) return;
  stopping = true;
  clearTimeout(timer);
  watcher.close();
  process.exit(await stopServer('SIGINT'));
}

/** Resolves with the server's exit code when it is gone: 0 if it was not running, 1 if it had to be killed. */
function stopServer(signal: NodeJS.Signals): Promise<number> {
  const running = server;
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return Promise.resolve(0);
  return new Promise((done) => {
    const deadline = setTimeout(() => {
      console.error(`[dev] The server did not end within ${stopWithinMs / 1000} s of ${signal}. Killing it.`);
      running.kill('SIGKILL');
    }, stopWithinMs);
    running.once('exit', (code, by) => {
      clearTimeout(deadline);
      done(code ?? (by === 'SIGKILL' ? 1 : 0));
    });
    running.kill(signal);
  });
}

/** What went well is not printed between what is meant for people, unless somebody asks for it. */
function logLevel(): string {
  const file = join(root, '.env');
  const inFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')).LOG_LEVEL : undefined;
  return process.env.LOG_LEVEL || inFile || 'warn';
}

/** The user's own PATH: npm puts folders of its own in front, which what runs in environments must not find. */
function pathBeforeNpm(): string {
  const added = new Set<string>();
  for (let folder = resolve(root); ; folder = dirname(folder)) {
    added.add(join(folder, 'node_modules', '.bin'));
    if (folder === dirname(folder)) break;
  }
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !added.has(resolve(folder)) && !folder.endsWith('node-gyp-bin'))
    .join(delimiter);
}
