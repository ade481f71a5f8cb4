import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from './git-command.ts';

const INIT_TIMEOUT_MS = 20_000;

export function mirrorFolder(folder: string, repositoryId: string): string {
  return join(folder, `${repositoryId}.git`);
}

/** The bare repository that keeps what was fetched of a remote. Made whole under another name, so it is never half there. */
export async function ensureMirror(
  folder: string,
  repositoryId: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const mirror = mirrorFolder(folder, repositoryId);
  if (existsSync(join(mirror, 'HEAD'))) return mirror;
  await mkdir(folder, { recursive: true });
  const unfinished = await mkdtemp(join(folder, '.making-'));
  try {
    await runGit({ args: ['init', '--quiet', '--bare', '--template=', unfinished], env, timeoutMs: INIT_TIMEOUT_MS });
    await rm(mirror, { recursive: true, force: true });
    await rename(unfinished, mirror);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return mirror;
}

/** Takes away the locks of Git processes that were killed. Only for a mirror that nobody uses yet. */
export async function removeStaleLocks(mirror: string): Promise<void> {
  for (const area of ['.', 'refs', 'worktrees']) {
    const recursive = area !== '.';
    const names = await readdir(join(mirror, area), { recursive }).catch(() => []);
    for (const name of names) if (name.endsWith('.lock')) await rm(join(mirror, area, name), { force: true });
  }
}
