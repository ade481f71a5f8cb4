import { execFileSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repositoryFile } from '../../scripts/chart-documentation.ts';

/** A Git repository that Argo CD of the test cluster reads. */
export interface ChartRepository {
  url: string;
  /** Commits that file with this text, or without it where there is none, and resolves with the commit. */
  commit(file: string, text: string | undefined): Promise<string>;
}

/** A repository with a copy of the given folders of this one. */
export async function makeChartRepository(
  gitFolder: string,
  name: string,
  folders: readonly string[],
): Promise<ChartRepository> {
  const root = join(gitFolder, name);
  for (const folder of folders) await cp(repositoryFile(folder), join(root, folder), { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=T', '-c', 'user.email=t@example.invalid', ...args]).toString();
  const commitAll = (): string => {
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Change');
    return git('rev-parse', 'HEAD').trim();
  };
  git('init', '--quiet', '--initial-branch=main');
  commitAll();
  return {
    url: `file://${root}`,
    async commit(file, text) {
      const path = join(root, file);
      await mkdir(dirname(path), { recursive: true });
      await (text === undefined ? rm(path) : writeFile(path, text));
      return commitAll();
    },
  };
}
