import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { localGitEnvironment } from './git-environment.ts';
import { runGit } from './git-command.ts';
import { mirrorFolder } from './mirror.ts';
import { createSerialQueue } from './serial-queue.ts';

export interface WorktreeCheckoutsOptions {
  /** Where the mirrors are kept. */
  readonly folder: string;
  readonly userEnvironment: Readonly<Record<string, string>>;
}

export interface WorktreeRequest {
  readonly repositoryId: string;
  /** Absent before. */
  readonly folder: string;
  /** Names the ref that keeps the commit while the worktree is used. */
  readonly label: string;
}

export interface WorktreeCheckouts {
  /** Puts the files of a fetched commit into a folder. What is left there of a try before is replaced. */
  checkout(request: WorktreeRequest & { readonly commit: string }): Promise<void>;
  /** Removes folder, worktree and ref; again, or after the mirror is gone, is fine. */
  release(request: WorktreeRequest): Promise<void>;
}

const CHECKOUT_TIMEOUT_MS = 5 * 60_000;

/** Detached worktrees of the mirrors. Submodules are not fetched, and files of Git LFS stay pointers. */
export function createWorktreeCheckouts({
  folder: mirrors,
  userEnvironment,
}: WorktreeCheckoutsOptions): WorktreeCheckouts {
  const env = localGitEnvironment(userEnvironment);
  const queue = createSerialQueue();

  function inMirror(mirror: string, ...args: string[]): Promise<Buffer> {
    return runGit({ args: ['--git-dir', mirror, ...args], env, timeoutMs: CHECKOUT_TIMEOUT_MS });
  }

  return {
    checkout({ repositoryId, commit, folder, label }) {
      const mirror = mirrorFolder(mirrors, repositoryId);
      return queue.run(repositoryId, async () => {
        if (existsSync(folder)) {
          await rm(folder, { recursive: true, force: true });
          await inMirror(mirror, 'worktree', 'prune', '--expire=now');
        }
        await mkdir(dirname(folder), { recursive: true });
        // The ref comes first: from then on nothing can take the commit away.
        await inMirror(mirror, 'update-ref', '--end-of-options', refOf(label), commit);
        await inMirror(mirror, 'worktree', 'add', '--quiet', '--force', '--detach', '--end-of-options', folder, commit);
      });
    },
    release({ repositoryId, folder, label }) {
      const mirror = mirrorFolder(mirrors, repositoryId);
      return queue.run(repositoryId, async () => {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
        if (!existsSync(mirror)) return;
        await inMirror(mirror, 'worktree', 'prune', '--expire=now');
        await inMirror(mirror, 'update-ref', '-d', refOf(label));
      });
    },
  };
}

function refOf(label: string): string {
  return `refs/blueberry/worktrees/${label}`;
}
