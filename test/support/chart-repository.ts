import { execFileSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repositoryFile } from '../../scripts/chart-documentation.ts';

/** A Git repository that Argo CD of the test cluster reads. */
export interface ChartRepository {
  url: string;
  firstCommit: string;
  /** Commits that file with this text, or without it where there is none, and resolves with the commit. */
  commit(file: string, text: string | undefined): Promise<string>;
}

/** A repository with a copy of the given folders of this one, and these files. */
export async function makeChartRepository(
  gitFolder: string,
  name: string,
  folders: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<ChartRepository> {
  const root = join(gitFolder, name);
  for (const folder of folders) await cp(repositoryFile(folder), join(root, folder), { recursive: true });
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=T', '-c', 'user.email=t@example.invalid', ...args]).toString();
  const commitAll = (): string => {
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Change');
    return git('rev-parse', 'HEAD').trim();
  };
  git('init', '--quiet', '--initial-branch=main');
  const commit = commitAll();
  return {
    url: `file://${root}`,
    firstCommit: commit,
    async commit(file, text) {
      await (text === undefined ? rm(join(root, file)) : write(file, text));
      return commitAll();
    },
  };
}
