import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localGitEnvironment } from './git-environment.ts';
import { runGit } from './git-command.ts';

export interface DemoRepository {
  readonly path: string;
  readonly branches: readonly string[];
}

/** Each branch with the folder of `examples/demo` whose files it has on top of those of `main`. */
const BRANCHES = [
  { name: 'main', files: 'main', subject: 'Show branch and commit' },
  { name: 'feature/dark-mode', files: 'feature-dark-mode', subject: 'Add a dark theme' },
  { name: 'feature/big-banner', files: 'feature-big-banner', subject: 'Shout it from the top' },
] as const;

const TIMEOUT_MS = 20_000;
const WHO = 'Blueberry Demo';
const EMAIL = 'demo@blueberry.invalid';

const examples = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'examples', 'demo');

/**
 * A real repository with a work tree, for people to try things with: they can go there, edit and commit. One that
 * exists is left as it is.
 */
export async function ensureDemoRepository(
  folder: string,
  userEnvironment: Readonly<Record<string, string>>,
): Promise<DemoRepository> {
  const branches = BRANCHES.map(({ name }) => name);
  if (existsSync(join(folder, '.git'))) return { path: folder, branches };
  const unfinished = `${folder}.making`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const env = {
    ...localGitEnvironment(userEnvironment),
    GIT_AUTHOR_NAME: WHO,
    GIT_AUTHOR_EMAIL: EMAIL,
    GIT_COMMITTER_NAME: WHO,
    GIT_COMMITTER_EMAIL: EMAIL,
  };
  const git = (...args: string[]): Promise<Buffer> =>
    runGit({ args: ['-C', unfinished, ...args], env, timeoutMs: TIMEOUT_MS });
  await git('init', '--quiet', '--template=', '--initial-branch=main');
  for (const { name, files, subject } of BRANCHES) {
    if (name !== 'main') await git('checkout', '--quiet', '-b', name, 'main');
    await cp(join(examples, files), unfinished, { recursive: true });
    await git('add', '--all');
    await git('commit', '--quiet', '--message', subject);
  }
  await git('checkout', '--quiet', 'main');
  // So that commits can be made right away, also where Git has not been told a name.
  await git('config', 'user.name', WHO);
  await git('config', 'user.email', EMAIL);
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  return { path: folder, branches };
}
