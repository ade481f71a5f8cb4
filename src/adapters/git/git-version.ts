import { runGit } from './git-command.ts';

const TIMEOUT_MS = 20_000;
/** The first Git with `http.curloptResolve`; those before don't know it, and say nothing. */
const PINNING = { major: 2, minor: 37 };

/**
 * Why this Git can't be held to an address that was checked, without a full stop; null where it can. It would look the
 * host up again, and whoever owns the name could lead it to a private address then. That is refused where people connect
 * repositories to a server of others; on a laptop, where repositories run with the rights of the user anyway, it would
 * keep nobody out, and systems that are still in use have such a Git.
 */
export async function pinningFault(env: Readonly<Record<string, string>>): Promise<string | null> {
  const output = await runGit({ args: ['--version'], env, timeoutMs: TIMEOUT_MS });
  const [version = '', major, minor] = /(\d+)\.(\d+)[\d.]*/.exec(output.toString()) ?? [];
  const isOlder = Number(major) < PINNING.major || (Number(major) === PINNING.major && Number(minor) < PINNING.minor);
  return isOlder
    ? `Git ${version} is too old to be held to the address of a repository that was checked: install Git 2.37 or newer`
    : null;
}
