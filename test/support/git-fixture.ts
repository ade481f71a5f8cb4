import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real Git repository on disk, made for one test. */
export interface GitFixture {
  readonly path: string;
  git(...args: string[]): Promise<string>;
  /** Writes files and commits them on the branch that is checked out; returns the commit. */
  commit(files: Readonly<Record<string, string>>, message?: string): Promise<string>;
  dispose(): Promise<void>;
}

export async function createGitFixture(files: Readonly<Record<string, string>>, branch = 'main'): Promise<GitFixture> {
  const path = await mkdtemp(join(tmpdir(), 'blueberry-repository-'));
  const fixture: GitFixture = {
    path,
    async git(...args) {
      const { stdout } = await run('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', ...args], {
        cwd: path,
      });
      return stdout.trim();
    },
    async commit(changes, message = 'Change') {
      for (const [name, text] of Object.entries(changes)) {
        const file = join(path, name);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      await fixture.git('add', '--all');
      await fixture.git('commit', '--quiet', '--message', message);
      return fixture.git('rev-parse', 'HEAD');
    },
    dispose: () => rm(path, { recursive: true, force: true }),
  };
  await fixture.git('init', '--quiet', `--initial-branch=${branch}`);
  await fixture.commit(files, 'Begin');
  return fixture;
}
