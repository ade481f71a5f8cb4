import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGitOpsRepository, type GitOpsRepositoryOptions } from '../../src/adapters/git/gitops-repository.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import type { GitOpsChange, GitOpsRepository } from '../../src/ports/gitops-repository.ts';
import { createGitFixture } from './git-fixture.ts';

const run = promisify(execFile);
const PATH = process.env['PATH'] ?? '';

/** A bare repository on this machine that writers push to. */
export interface GitOpsRemote {
  /** Also the folder of everything that goes with it. */
  readonly folder: string;
  readonly path: string;
  git(...args: string[]): Promise<string>;
  /** Of the commits of a branch, oldest first. */
  log(format?: string): Promise<string[]>;
  /** Text of a file at the head of `main`. */
  fileAt(path: string): Promise<string>;
  /** Paths of the files at the head of `main`. */
  files(path?: string): Promise<string[]>;
  /** A writer with a clone of its own. */
  open(more?: Partial<GitOpsRepositoryOptions>): GitOpsRepository;
  /** Somebody else's commit, pushed. Null: there is to be no such file. */
  pushByHand(files: Readonly<Record<string, string | null>>, message?: string): Promise<string>;
  /** Git of somebody else, in their clone. */
  byHand(...args: string[]): Promise<string>;
  writeHook(name: string, script: string): Promise<void>;
  dispose(): Promise<void>;
}

/** A remote with the files, or without any commit. */
export async function createGitOpsRemote(files: Readonly<Record<string, string>> | null): Promise<GitOpsRemote> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-gitops-'));
  const path = join(folder, 'environments.git');
  const other = await createGitFixture(files ?? { 'never-pushed': '' });
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', path]);
  if (files !== null) await other.git('push', '--quiet', path, 'HEAD:main');
  let clones = 0;
  const remote: GitOpsRemote = {
    folder,
    path,
    git: async (...args) => (await run('git', ['--git-dir', path, ...args])).stdout.trim(),
    log: async (format = '%s') => (await remote.git('log', '--reverse', `--format=${format}`, 'main')).split('\n'),
    fileAt: (file) => remote.git('show', `main:${file}`),
    files: async (of) =>
      (await remote.git('ls-tree', '-r', '--name-only', 'main', ...(of === undefined ? [] : ['--', of]))).split('\n'),
    open(more = {}) {
      clones += 1;
      return createGitOpsRepository({
        folder: join(folder, `clone-${String(clones)}`),
        url: path,
        credential: null,
        branch: 'main',
        author: { name: 'Blueberry', email: 'blueberry@example.invalid' },
        policy: { allowLocal: true, privateHosts: ['localhost'] },
        userEnvironment: { PATH },
        clock: createSystemClock(),
        ...more,
      });
    },
    async pushByHand(changed, message = 'By hand') {
      await other.git('fetch', '--quiet', path, 'main');
      await other.git('reset', '--quiet', '--hard', 'FETCH_HEAD');
      const written: Record<string, string> = {};
      for (const [file, text] of Object.entries(changed)) {
        if (text === null) await other.git('rm', '--quiet', '--', file);
        else written[file] = text;
      }
      const commit = await other.commit(written, message);
      await other.git('push', '--quiet', path, 'HEAD:main');
      return commit;
    },
    byHand: (...args) => other.git(...args),
    async writeHook(name, script) {
      await mkdir(join(path, 'hooks'), { recursive: true });
      await writeFile(join(path, 'hooks', name), `#!/bin/sh\n${script}\n`);
      await chmod(join(path, 'hooks', name), 0o755);
    },
    async dispose() {
      await other.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return remote;
}

/** What the files at these paths are to be; null: there is to be none. */
export function gitOpsChange(entries: Readonly<Record<string, string | null>>): GitOpsChange {
  return new Map(Object.entries(entries));
}
