import { runGit } from './git-command.ts';
import { localGitEnvironment } from './git-environment.ts';

const TIMEOUT_MS = 5_000;

/** Commit that a checkout on this machine is at. Fails where the folder is not one, or Git is missing. */
export async function readCheckoutHead(
  folder: string,
  userEnvironment: Readonly<Record<string, string>>,
): Promise<string> {
  const args = ['-C', folder, '-c', `safe.directory=${folder}`, 'rev-parse', '--verify', 'HEAD^{commit}'];
  const output = await runGit({ args, env: localGitEnvironment(userEnvironment), timeoutMs: TIMEOUT_MS });
  return output.toString().trim();
}
