import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { detectRunPlan, type Detection } from '../../../src/adapters/local-process/detect.ts';
import type { HasProgram } from '../../../src/adapters/local-process/package-manager.ts';
import type { RepositoryFile } from '../../../src/core/repository-file.ts';

type Files = Readonly<Record<string, string>>;

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folderOf(files: Files): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'blueberry-detect-')));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

const described = (change: Partial<RepositoryFile>): RepositoryFile => ({
  build: [],
  run: null,
  health: null,
  values: {},
  chart: null,
  ...change,
});

const ALL_THERE: HasProgram = () => true;

const detect = async (files: Files, file: RepositoryFile | null = null): Promise<Detection> => {
  const folder = await folderOf(files);
  return detectRunPlan({ folder, checkout: folder }, file, ALL_THERE);
};

/** What is built, and what is run: a command, or the folders of a site. */
async function planOf(files: Files, file: RepositoryFile | null = null): Promise<[build: string[], run: unknown]> {
  const { plan, fault } = await detect(files, file);
  if (plan === null) throw new Error(fault);
  return [
    plan.build.map(({ kind, label, command }) =>
      label === command ? `${kind}: ${label}` : `${kind}: ${label} = ${command}`,
    ),
    plan.run.kind === 'command' ? plan.run.command : plan.run.folders,
  ];
}

const packageJson = (content: object): string => JSON.stringify({ name: 'x', version: '1.0.0', ...content });
const START = { scripts: { start: 'node s.js' } };
const DEPENDING = { ...START, dependencies: { a: '1' } };

describe('which of several ways is taken', () => {
  const all = {
    Procfile: 'web: from-procfile\n',
    'package.json': packageJson(START),
    'server.js': '',
    'index.html': '',
  };

  it('blueberry.yaml, with its build and health alone', async () => {
    const health = { path: '/up', timeoutSeconds: 9 };
    const file = described({ run: 'from-file', build: ['one', 'two'], health });
    const { plan } = await detect(all, file);
    expect(plan).toMatchObject({ health, run: { kind: 'command', command: 'from-file' } });
    expect(plan?.build.map(({ command }) => command)).toEqual(['one', 'two']);
  });

  it('of what blueberry.yaml leaves open, the next way is asked', async () => {
    const health = { path: '/up', timeoutSeconds: 9 };
    const files = { ...all, 'package.json': packageJson(DEPENDING) };
    expect(await planOf(files, described({ build: ['make'] }))).toEqual([['build: make'], 'from-procfile']);
    const { plan } = await detect(files, described({ health }));
    expect(plan?.health).toEqual(health);
    expect(plan?.build.map(({ label }) => label)).toEqual(['npm install']);
  });

  it('the Procfile, else package.json, else a site', async () => {
    const { Procfile, 'package.json': pack, ...site } = all;
    expect(await planOf({ ...all })).toEqual([[], 'from-procfile']);
    expect(await planOf({ ...site, 'package.json': pack })).toEqual([[], 'npm start']);
    expect((await planOf(site))[1]).toContain('.');
    expect(await planOf({ Procfile })).toEqual([[], 'from-procfile']);
  });
});

describe('a Procfile', () => {
  it.each([
    ['its first web line', 'web: one\nweb: two\n', [], 'one'],
    [
      'a release line, run before',
      'release: migrate --all\nweb: serve $PORT\n',
      ['build: migrate --all'],
      'serve $PORT',
    ],
    ['lines of Windows and blanks', '# x\r\n\r\nworker: w\r\nweb :  a b  \r\n', [], 'a b'],
    ['no end of its last line', 'web: x', [], 'x'],
  ])('gives %s', async (_what, Procfile, build, run) => {
    expect(await planOf({ Procfile })).toEqual([build, run]);
  });

  it('is installed and built as package.json says, before its release', async () => {
    const files = {
      Procfile: 'release: migrate\nweb: serve\n',
      'package.json': packageJson({ scripts: { build: 'b' }, dependencies: { a: '1' } }),
    };
    const [build, run] = await planOf(files);
    expect(build.map((step) => step.split(' = ')[0])).toEqual([
      'install: npm install',
      'build: npm run build',
      'build: migrate',
    ]);
    expect(run).toBe('serve');
  });

  it('without a web line says so, unless something else says how to run it', async () => {
    expect((await detect({ Procfile: 'worker: x\nweb:\n' })).fault).toBe(
      'The Procfile has no `web` line, and nothing else says how to run it',
    );
    expect(await planOf({ Procfile: 'worker: x\n', 'server.js': '', 'package.json': '{}' })).toEqual([
      [],
      'node server.js',
    ]);
  });
});

describe('a package.json', () => {
  it.each<[string, Files, string[], string]>([
    ['without dependencies', { 'package.json': packageJson(START) }, [], 'npm start'],
    ['with a byte order mark', { 'package.json': `\ufeff${packageJson(START)}` }, [], 'npm start'],
    ['with a server.js and no script', { 'package.json': '{}', 'server.js': '' }, [], 'node server.js'],
    [
      'with dependencies and no lock file',
      { 'package.json': packageJson(DEPENDING) },
      ['install: npm install = npm install --include=dev --no-audit --no-fund --no-package-lock'],
      'npm start',
    ],
    [
      'with a lock file of npm',
      { 'package.json': packageJson(DEPENDING), 'package-lock.json': '{}', 'yarn.lock': '' },
      ['install: npm ci = npm ci --include=dev --no-audit --no-fund'],
      'npm start',
    ],
    [
      'with a lock file of pnpm',
      { 'package.json': packageJson(DEPENDING), 'pnpm-lock.yaml': '' },
      ['install: pnpm install = pnpm install --frozen-lockfile --prod=false'],
      'pnpm start',
    ],
    [
      'with a lock file of Yarn 1',
      { 'package.json': packageJson(DEPENDING), 'yarn.lock': '' },
      ['install: yarn install = yarn install --frozen-lockfile --production=false'],
      'yarn start',
    ],
    [
      'with a lock file of a later Yarn',
      { 'package.json': packageJson(DEPENDING), 'yarn.lock': '', '.yarnrc.yml': '' },
      ['install: yarn install = yarn install --immutable'],
      'yarn start',
    ],
    [
      'with development dependencies and a build',
      { 'package.json': packageJson({ scripts: { start: 's', build: 'b' }, devDependencies: { a: '1' } }) },
      [
        'install: npm install = npm install --include=dev --no-audit --no-fund --no-package-lock',
        'build: npm run build',
      ],
      'npm start',
    ],
    [
      'with workspaces',
      { 'package.json': packageJson({ ...START, workspaces: ['a'] }) },
      ['install: npm install = npm install --include=dev --no-audit --no-fund --no-package-lock'],
      'npm start',
    ],
    [
      'with a script that npm runs when it installs',
      { 'package.json': packageJson({ scripts: { start: 's', postinstall: 'p' } }) },
      ['install: npm install = npm install --include=dev --no-audit --no-fund --no-package-lock'],
      'npm start',
    ],
  ])('%s', async (_what, files, build, run) => {
    expect(await planOf(files)).toEqual([build, run]);
  });

  it('with a build and no start is a site in what the build leaves', async () => {
    const [build, run] = await planOf({ 'package.json': packageJson({ scripts: { build: 'b' } }) });
    expect(build).toEqual(['build: npm run build']);
    expect((run as string[])[0]).toBe('dist');
  });

  it.each([
    ['that is no JSON', '{', /^The package\.json is not valid JSON: /],
    ['that is a list', '[]', /^The package\.json is not a JSON object$/],
    ['without a start', packageJson({ scripts: { start: ' ' } }), /no `start` script, and there is no index\.html$/],
    ['with scripts of another type', '{"scripts": [], "dependencies": 3}', /no `start` script/],
  ])('%s says so', async (_what, text, fault) => {
    expect((await detect({ 'package.json': text })).fault).toMatch(fault);
  });
});

describe('a package.json in a folder of a larger repository', () => {
  const member = { 'apps/web/package.json': packageJson(DEPENDING) };
  const asking = (packageManager: string, more: object = {}) => packageJson({ ...DEPENDING, packageManager, ...more });
  const root = (more: object) => ({ 'package.json': packageJson({ private: true, ...more }) });

  it.each<[string, Files, string]>([
    [
      'the lock file of a workspace that it belongs to',
      { ...member, ...root({ workspaces: ['apps/*'] }), 'package-lock.json': '{}' },
      'npm ci --include=dev --no-audit --no-fund',
    ],
    [
      'that of a workspace in the older form',
      { ...member, ...root({ workspaces: { packages: ['./apps/**/'] } }), 'yarn.lock': '' },
      'yarn install --frozen-lockfile --production=false',
    ],
    [
      'that of a workspace of pnpm',
      { ...member, ...root({}), 'pnpm-workspace.yaml': 'packages: [apps/*]\n', 'pnpm-lock.yaml': '' },
      'pnpm install --frozen-lockfile --prod=false',
    ],
    [
      'that of a workspace of a later Yarn',
      { ...member, ...root({ workspaces: ['apps/web'] }), 'yarn.lock': '', '.yarnrc.yml': '' },
      'yarn install --immutable',
    ],
    [
      'only the tool, where the lock file above is that of something else',
      { ...member, ...root({ workspaces: ['packages/*'] }), 'package-lock.json': '{}' },
      'npm install --include=dev --no-audit --no-fund --no-package-lock',
    ],
    [
      'the same where the workspace leaves it out',
      { ...member, ...root({ workspaces: ['apps/*', '!apps/web'] }), 'yarn.lock': '' },
      'yarn install --no-lockfile --production=false',
    ],
    [
      'its own lock file before one above',
      { ...member, 'apps/web/pnpm-lock.yaml': '', ...root({ workspaces: ['apps/*'] }), 'package-lock.json': '{}' },
      'pnpm install --frozen-lockfile --prod=false',
    ],
    [
      'the tool that it asks for',
      { 'apps/web/package.json': asking('pnpm@9.1.0+sha512.abc') },
      'pnpm install --no-lockfile --prod=false',
    ],
    [
      'the tool that is asked for above',
      { ...member, ...root({ packageManager: 'yarn@4.5.0', workspaces: ['apps/*'] }), 'yarn.lock': '' },
      'yarn install --immutable',
    ],
    [
      'the tool that is asked for, of two that have left a lock file',
      { 'apps/web/package.json': asking('yarn@1.22.22'), 'apps/web/package-lock.json': '{}', 'apps/web/yarn.lock': '' },
      'yarn install --frozen-lockfile --production=false',
    ],
    [
      'npm, where it asks for a tool that nobody knows',
      { 'apps/web/package.json': asking('other@1.0.0') },
      'npm install --include=dev --no-audit --no-fund --no-package-lock',
    ],
    [
      'npm, where what is above can not be read',
      { ...member, 'package.json': '{', 'apps/package.json': '[]' },
      'npm install --include=dev --no-audit --no-fund --no-package-lock',
    ],
  ])('is installed with %s', async (_what, files, install) => {
    const checkout = await folderOf(files);
    const { plan } = await detectRunPlan({ folder: join(checkout, 'apps/web'), checkout }, null, ALL_THERE);
    expect(plan?.build.map(({ command }) => command)).toEqual([install]);
    expect(plan?.run).toEqual({ kind: 'command', command: `${install.split(' ', 1)[0] ?? ''} start` });
  });

  it('is not asked about anything outside of the repository', async () => {
    const outside = await folderOf({ 'commit/apps/web/package.json': packageJson(DEPENDING), 'pnpm-lock.yaml': '' });
    const checkout = join(outside, 'commit');
    const { plan } = await detectRunPlan({ folder: join(checkout, 'apps/web'), checkout }, null, ALL_THERE);
    expect(plan?.build[0]?.command).toMatch(/^npm install /);
  });
});

describe('static files', () => {
  it.each(['.', 'public', 'dist', 'docs'])('in %s', async (where) => {
    const [build, run] = await planOf({ [join(where, 'index.html')]: '' });
    expect(build).toEqual([]);
    expect(run).toContain(where);
  });

  it('may be linked from elsewhere in the repository, and not from outside of it', async () => {
    const checkout = await folderOf({ 'shared/index.html': '', 'web/README.md': '' });
    const outside = await folderOf({ 'index.html': '' });
    const site = join(checkout, 'web', 'public');
    await symlink(outside, site);
    expect((await detectRunPlan({ folder: join(checkout, 'web'), checkout }, null, ALL_THERE)).plan).toBeNull();
    await rm(site);
    await symlink(join('..', 'shared'), site);
    expect((await detectRunPlan({ folder: join(checkout, 'web'), checkout }, null, ALL_THERE)).plan).not.toBeNull();
  });

  it('are not what only looks like an index', async () => {
    expect((await detect({ 'index.html/x': '', 'other/index.html': '' })).plan).toBeNull();
  });
});

it('says what it has looked for when there is nothing', async () => {
  const { plan, fault } = await detect({ 'README.md': 'x' });
  expect(plan).toBeNull();
  for (const name of ['blueberry.yaml', 'Procfile', 'package.json', 'index.html']) expect(fault).toContain(name);
  expect(fault).not.toMatch(/\.$/);
});

it('reads nothing through links that lead in circles', async () => {
  const folder = await folderOf({});
  await symlink('Procfile', join(folder, 'Procfile'));
  await symlink('package.json', join(folder, 'package.json'));
  expect((await detectRunPlan({ folder, checkout: folder }, null, ALL_THERE)).fault).toContain(
    'Nothing says how to run it',
  );
});
