import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readClusterInputs, type ClusterInputs } from '../../../src/composition/cluster-inputs.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { writeKubeconfig } from '../../support/kubeconfig.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-inputs-'));
  const user = { token: 'hunter2' };
  await writeKubeconfig(join(folder, 'kubeconfig'), { server: 'https://127.0.0.1:1', certificateAuthority: '', user });
});
afterEach(() => rm(folder, { recursive: true }));

const read = (env: Readonly<Record<string, string>> = {}): Promise<ClusterInputs> => {
  const config = { ENVIRONMENT: 'development', RUNTIME: 'argocd', KUBECONFIG: 'kubeconfig', DATA_DIR: 'data', ...env };
  const paths = { ...config, KUBECONFIG: config.KUBECONFIG && join(folder, config.KUBECONFIG) };
  return readClusterInputs(loadConfig(paths, { cwd: folder }), {});
};

/** The faults as they are printed, one a line. */
async function faults(env: Readonly<Record<string, string>>): Promise<string[]> {
  const error: unknown = await read(env).then(
    () => new Error('It did not fail.'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw error;
  const lines = error.message.replaceAll(folder, 'FOLDER').split('\n').slice(1, -1);
  for (const line of lines) expect(line).not.toMatch(/\.\.|hunter2/);
  return lines.map((line) => line.trim());
}

const USE = 'Use a kubeconfig that kubectl works with; `make cluster` starts a cluster to try.';

describe('a start that can lead to no cluster is refused', () => {
  it('where there is no kubeconfig', async () => {
    expect(await faults({ KUBECONFIG: 'nowhere' })).toEqual([
      `KUBECONFIG leads to no cluster. The kubeconfig FOLDER/nowhere can't be read: ENOENT: no such file or directory, open 'FOLDER/nowhere'. ${USE}`,
    ]);
    vi.stubEnv('HOME', folder);
    expect(await faults({ KUBECONFIG: '' })).toEqual([
      expect.stringMatching(
        /^KUBECONFIG \(not set\) leads to no cluster\. The kubeconfig FOLDER\/\.kube\/config can't/,
      ),
    ]);
  });

  it('where it has not the context that is asked for', async () => {
    expect(await faults({ KUBERNETES_CONTEXT: 'prod' })).toEqual([
      `KUBECONFIG with KUBERNETES_CONTEXT=prod leads to no cluster. The kubeconfig FOLDER/kubeconfig has no context prod. Choose one of: test. ${USE}`,
    ]);
  });

  it('where a file that it names is missing', async () => {
    const user = { 'client-certificate': 'gone.crt', 'client-key': 'gone.key' };
    await writeKubeconfig(join(folder, 'files'), { server: 'https://127.0.0.1:1', certificateAuthority: '', user });
    expect(await faults({ KUBECONFIG: 'files' })).toEqual([
      expect.stringMatching(
        /^KUBECONFIG leads to no cluster\. The context test .* names a file .*FOLDER\/gone\.crt'\. /,
      ),
    ]);
  });
});

describe('a template that can not be used is refused', () => {
  const REMEDY = 'Correct the template, or leave APPLICATION_TEMPLATE out for the one that comes with Blueberry.';
  it.each([
    [null, "can't be read. ENOENT: no such file or directory, open 'FOLDER/own.j2'"],
    ['a\n{{ name', "can't be used. The template FOLDER/own.j2 can't be rendered: syntax error: .*own\\.j2:2\\)"],
    ['a: {{ nome }}', "can't be used. .* undefined value \\(in FOLDER/own\\.j2:1\\)"],
    ['a: 1\nb: {{ nome | tojson }}', "can't be used. .* leaves b empty \\(line 2 of what it renders\\)"],
    ['a: [', "can't be used. .* renders no YAML \\(line 1"],
    ['kind: Pod', "can't be used. The template does not render an Application: .*kind: "],
  ])('%j', async (text, problem) => {
    if (text !== null) await writeFile(join(folder, 'own.j2'), text);
    const told = await faults({ APPLICATION_TEMPLATE: 'own.j2' });
    expect(told).toEqual([expect.stringMatching(`^APPLICATION_TEMPLATE ${problem}`)]);
    expect(told[0]).toContain(REMEDY);
  });
});

it('a GitOps repository is refused by what its URL is', async () => {
  const git = { GITOPS_MODE: 'git', GITOPS_REPOSITORY: 'ftp://user:hunter2@example.com/environments' };
  expect(await faults(git)).toEqual([expect.stringMatching(/^GITOPS_REPOSITORY must be https:\/\/HOST\/PATH, /)]);
  expect(await read({ ...git, GITOPS_REPOSITORY: 'https://example.com/environments.git' })).toBeDefined();
  // It is of no account where nothing is committed.
  expect(await read({ ...git, GITOPS_MODE: 'api' })).toBeDefined();
});

it('every fault is told, not the first alone', async () => {
  const env = { KUBECONFIG: 'nowhere', APPLICATION_TEMPLATE: 'own.j2', GITOPS_MODE: 'git', GITOPS_REPOSITORY: 'x' };
  const names = (await faults(env)).map((line) => line.split(' ')[0]);
  expect(names).toEqual(['KUBECONFIG', 'APPLICATION_TEMPLATE', 'GITOPS_REPOSITORY']);
});

it('the chart is that of this checkout, unless another is named', async () => {
  const head = execFileSync('git', ['-C', ROOT, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  expect((await read()).workloadChart).toEqual({
    repository: `file://${ROOT.replace(/\/$/, '')}`,
    path: 'charts/workload',
    revision: head,
  });
  const chart = { WORKLOAD_CHART_REPOSITORY: 'https://example.com/charts.git', WORKLOAD_CHART_PATH: 'workload' };
  expect((await read(chart)).workloadChart).toEqual({
    repository: 'https://example.com/charts.git',
    path: 'workload',
    revision: 'HEAD',
  });
});

it('an installation that is given no name makes one for itself, and keeps it', async () => {
  const { installation } = await read();
  expect(installation).toMatch(/^local-[0-9a-f]{8}$/);
  expect((await read()).installation).toBe(installation);
  expect((await read({ DATA_DIR: 'other' })).installation).not.toBe(installation);
  expect((await read({ INSTALLATION: 'team' })).installation).toBe('team');
  expect(await readFile(join(folder, 'data', 'installation'), 'utf8')).toBe(`${installation}\n`);

  await mkdir(join(folder, 'broken'));
  await writeFile(join(folder, 'broken', 'installation'), '');
  expect(await faults({ DATA_DIR: 'broken' })).toEqual([
    expect.stringMatching(/^INSTALLATION can't be read from FOLDER\/broken\/installation\. Set it to /),
  ]);
});
