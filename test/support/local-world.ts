import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGitRepositories } from '../../src/adapters/git/git-repositories.ts';
import { createWorktreeCheckouts } from '../../src/adapters/git/worktree-checkouts.ts';
import {
  createLocalProcessRuntime,
  type LocalProcessRuntime,
} from '../../src/adapters/local-process/local-process-runtime.ts';
import type { RuntimeLimits } from '../../src/adapters/local-process/runtime-parts.ts';
import { createLog } from '../../src/adapters/system/log.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { createYamlRepositoryFileReader } from '../../src/adapters/yaml/yaml-repository-file-reader.ts';
import type { DesiredComponent } from '../../src/ports/environment-runtime.ts';
import type { ApplicationKind, EnvironmentRuntimeHarness } from '../contract/environment-runtime.stage.ts';
import { createGitFixture } from './git-fixture.ts';

const run = promisify(execFile);
const REPOSITORY_ID = 'repo_contract';

const SERVING = `
const instance = require('node:crypto').randomUUID();
require('node:http').createServer((request, response) => {
  const [, what, of] = request.url.split('/').map(decodeURIComponent);
  if (what === 'instance') response.end(instance);
  else if (what === 'slow') setTimeout(() => response.end(mark), 300);
  else if (what === 'print') response.end(console.log(of));
  else if (what === 'env' && process.env[of] === undefined) response.writeHead(404).end();
  else if (what === 'env') response.end(process.env[of]);
  else response.end(mark);
}).listen(process.env.PORT, '127.0.0.1', () => console.log('serving ' + mark));
`;

const PROGRAMS: Readonly<Record<Exclude<ApplicationKind, 'missing-command'>, string>> = {
  serving: SERVING,
  crashing: `console.error('Broken by ' + mark); process.exit(3);`,
  'not-listening': 'setInterval(() => undefined, 1000);',
  unhealthy: `require('node:http').createServer((request, response) => {
    response.writeHead(500).end();
  }).listen(process.env.PORT, '127.0.0.1');`,
};

function filesOf(kind: ApplicationKind, mark: string): Readonly<Record<string, string>> {
  if (kind === 'missing-command') return { 'blueberry.yaml': `run: no-such-command-${mark}\n` };
  // What never gets there is not waited for; what starts or ends may take its time on a busy machine.
  const health = kind === 'serving' || kind === 'crashing' ? '' : 'health: { path: /, timeout_seconds: 1 }\n';
  return {
    'blueberry.yaml': `${health}run: exec node server.js\n`,
    'server.js': `const mark = ${JSON.stringify(mark)};\n${PROGRAMS[kind]}\n`,
  };
}

export interface LocalWorld extends EnvironmentRuntimeHarness {
  readonly runtime: LocalProcessRuntime;
  readonly folder: string;
  readonly repository: string;
  /** A component of a commit with these files. */
  readonly componentOf: (files: Readonly<Record<string, string>>) => Promise<DesiredComponent>;
  /** The files of the world that hold this text. */
  readonly filesWith: (text: string) => Promise<string[]>;
  /** Puts a symbolic link into the repository; the next commit has it. */
  readonly link: (name: string, target: string) => Promise<void>;
  readonly restart: () => Promise<LocalProcessRuntime>;
}

export interface LocalWorldOptions {
  readonly limits?: Partial<RuntimeLimits>;
  readonly userEnvironment?: Readonly<Record<string, string>>;
}

/** Real processes of a real repository on this machine, quick to give up. */
export async function createLocalWorld(options: LocalWorldOptions = {}): Promise<LocalWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-world-'));
  const fixture = await createGitFixture({ 'README.md': 'x' });
  const userEnvironment = { PATH: process.env['PATH'] ?? '', ...options.userEnvironment };
  const mirrors = join(folder, 'repositories');
  const git = createGitRepositories({
    folder: mirrors,
    policy: { allowLocal: true, privateHosts: [] },
    userEnvironment,
  });
  const reader = createYamlRepositoryFileReader();
  const access = { id: REPOSITORY_ID, url: fixture.path, credential: null };
  const open = (): LocalProcessRuntime =>
    createLocalProcessRuntime({
      folder: join(folder, 'environments'),
      checkouts: createWorktreeCheckouts({ folder: mirrors, userEnvironment }),
      clock: createSystemClock(),
      log: createLog({ level: 'silent' }),
      hostOf: (name) => `${name}.localhost`,
      userEnvironment,
      limits: { startTimeoutSeconds: 20, crashLimit: 2, ...options.limits },
      timing: { backOff: 50, drain: 1_000, grace: 500, probeEvery: 500 },
    });
  let runtime = open();

  async function componentOf(files: Readonly<Record<string, string>>): Promise<DesiredComponent> {
    const commit = await fixture.commit(files);
    await git.fetchBranch(access, 'main');
    const read = files['blueberry.yaml'] === undefined ? null : reader.read(files['blueberry.yaml']);
    if (read?.faults) throw new Error(`The blueberry.yaml of the test has faults: ${JSON.stringify(read.faults)}`);
    return {
      repositoryId: REPOSITORY_ID,
      repositoryUrl: fixture.path,
      path: '',
      branch: 'main',
      commit,
      image: null,
      values: {},
      env: {},
      secretEnv: {},
      repositoryFile: read?.file ?? null,
      credentials: { repository: null, image: null },
    };
  }

  return {
    get runtime() {
      return runtime;
    },
    patienceMs: 20_000,
    tellsStreamsApart: true,
    folder,
    repository: fixture.path,
    componentOf,
    filesWith: (text) => filesWith(folder, text),
    link: (name, target) => symlink(target, join(fixture.path, name)),
    component: (kind, mark) => componentOf(filesOf(kind, mark)),
    async restart() {
      await runtime.close();
      runtime = open();
      return runtime;
    },
    leftovers: () => leftoversIn(folder),
    async dispose() {
      await runtime.stopAll();
      await runtime.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      await fixture.dispose();
    },
  };
}

/** Folders of environments (logs that are kept are not among them), worktrees and their refs, and (where there is a /proc) processes that know of the world. */
async function leftoversIn(folder: string): Promise<string[]> {
  const environments = await namesIn(join(folder, 'environments'));
  const left = environments.filter((name) => !name.startsWith('.')).map((name) => `folder ${name}`);
  for (const mirror of await namesIn(join(folder, 'repositories'))) {
    const path = join(folder, 'repositories', mirror);
    for (const name of await namesIn(join(path, 'worktrees'))) left.push(`worktree ${name}`);
    const { stdout } = await run('git', ['--git-dir', path, 'for-each-ref', '--format=%(refname)', 'refs/blueberry/']);
    left.push(...stdout.split('\n').filter((ref) => ref.startsWith('refs/blueberry/worktrees/')));
  }
  return [...left, ...(await processesIn(folder))];
}

async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const held = await Promise.all(files.map(async (file) => ((await readFile(file)).includes(text) ? [file] : [])));
  return held.flat();
}

/** Processes whose command line, variables or working folder name the folder. */
export async function processesIn(folder: string): Promise<string[]> {
  const pids = (await namesIn('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const named = await Promise.all(
    pids.map(async (pid) => {
      const about = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
        readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
        readlink(`/proc/${pid}/cwd`).catch(() => ''),
      ]);
      return about.some((text) => text.includes(folder)) ? [`process ${pid}`] : [];
    }),
  );
  return named.flat();
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
