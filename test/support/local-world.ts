import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import type { ApplicationKind, EnvironmentRuntimeHarness } from '../contract/environment-runtime.suite.ts';
import { createGitFixture } from './git-fixture.ts';

const REPOSITORY_ID = 'repo_contract';

function filesOf(kind: ApplicationKind, mark: string): Readonly<Record<string, string>> {
  const listen = `require('node:http').createServer((request, response) => {
    response.statusCode = ${kind === 'unhealthy' ? '500' : '200'};
    response.end(${JSON.stringify(mark)});
  }).listen(process.env.PORT, () => console.log('serving ' + ${JSON.stringify(mark)}));`;
  const programs: Record<ApplicationKind, string> = {
    serving: `console.log('NAME is ' + process.env.NAME);\n${listen}`,
    crashing: `console.error('Broken by ${mark}'); process.exit(3);`,
    'not-building': listen,
    'not-listening': 'setInterval(() => undefined, 1000);',
    unhealthy: listen,
  };
  const build = kind === 'not-building' ? `build: echo "no ${mark}" >&2; exit 4\n` : '';
  return { 'blueberry.yaml': `${build}run: exec node server.js\n`, 'server.js': programs[kind] };
}

export interface LocalWorld extends EnvironmentRuntimeHarness {
  readonly runtime: LocalProcessRuntime;
  readonly folder: string;
  /** A component of a commit with these files. */
  readonly componentOf: (files: Readonly<Record<string, string>>) => Promise<DesiredComponent>;
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
      limits: { startTimeoutSeconds: 2, crashLimit: 2, ...options.limits },
      timing: { backOff: 50, drain: 1_000, grace: 500, probeEvery: 500 },
    });
  let runtime = open();

  async function componentOf(files: Readonly<Record<string, string>>): Promise<DesiredComponent> {
    const commit = await fixture.commit(files);
    await git.fetchBranch(access, 'main');
    const read = files['blueberry.yaml'] === undefined ? null : reader.read(files['blueberry.yaml']);
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
    };
  }

  return {
    get runtime() {
      return runtime;
    },
    folder,
    componentOf,
    component: (kind, mark) => componentOf(filesOf(kind, mark)),
    async restart() {
      await runtime.close();
      runtime = open();
      return runtime;
    },
    async dispose() {
      await runtime.stopAll();
      await runtime.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      await fixture.dispose();
    },
  };
}
