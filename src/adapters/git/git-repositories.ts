import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { isCommitSha } from '../../core/branch.ts';
import { Failure } from '../../core/errors.ts';
import { GitFailure } from '../../core/git-failure.ts';
import type { CommitInfo, GitRepositories, RemoteBranches, RepositoryAccess } from '../../ports/git-repositories.ts';
import { createFileCache } from './file-cache.ts';
import { localGitEnvironment, remoteGitEnvironment } from './git-environment.ts';
import { runGit } from './git-command.ts';
import { pinningFault } from './git-version.ts';
import { ensureMirror, mirrorFolder, removeStaleLocks } from './mirror.ts';
import { withRemote, type RemotePolicy } from './remote-access.ts';
import { createSerialQueue } from './serial-queue.ts';
import { createSharedWork } from './shared-work.ts';

export interface GitRepositoriesOptions {
  /** Where the mirrors are kept. */
  readonly folder: string;
  readonly policy: RemotePolicy;
  readonly userEnvironment: Readonly<Record<string, string>>;
}

const LOOK_TIMEOUT_MS = 20_000;
const FETCH_TIMEOUT_MS = 10 * 60_000;
const LOCAL_TIMEOUT_MS = 20_000;
const FILE_MAX_BYTES = 256 * 1024;
/** The line in front of it: its object name, its type and its size, or the question where there is no such file. */
const FILE_HEAD_MAX_BYTES = 8 * 1024;
const FILES_KEPT = 200;
const COMMIT_FORMAT = '%H%x00%s%x00%an%x00%ct';

/** Git itself, through its command line. What is fetched goes into one bare mirror for each repository. */
export function createGitRepositories({ folder, policy, userEnvironment }: GitRepositoriesOptions): GitRepositories {
  const env = localGitEnvironment(userEnvironment);
  const remoteEnv = remoteGitEnvironment(userEnvironment);
  const queue = createSerialQueue();
  const opened = new Set<string>();
  const files = createFileCache(FILES_KEPT);
  /** Fetches that wait for their turn: whoever asks for the same meanwhile gets the same answer. */
  const fetches = createSharedWork<CommitInfo>();
  const looks = createSharedWork<RemoteBranches>();

  async function openMirror(repositoryId: string): Promise<string> {
    const mirror = await ensureMirror(folder, repositoryId, env);
    if (!opened.has(repositoryId)) {
      await removeStaleLocks(mirror);
      opened.add(repositoryId);
    }
    return mirror;
  }

  async function describe(mirror: string, commit: string, limit: number): Promise<CommitInfo[]> {
    const args = [
      '--git-dir',
      mirror,
      'log',
      '-z',
      `--max-count=${String(limit)}`,
      `--format=${COMMIT_FORMAT}`,
      '--end-of-options',
      commit,
      '--',
    ];
    return commitsOf(await runGit({ args, env, timeoutMs: LOCAL_TIMEOUT_MS }));
  }

  async function readFile(mirror: string, commit: string, path: string): Promise<string | null> {
    const args = ['--git-dir', mirror, 'cat-file', '--batch'];
    const tooLarge = new GitFailure('file_too_large', `${path} is larger than ${String(FILE_MAX_BYTES / 1024)} KiB`);
    const limit = { bytes: FILE_MAX_BYTES + FILE_HEAD_MAX_BYTES, failure: tooLarge };
    const output = await runGit({ args, env, input: `${commit}:${path}\n`, timeoutMs: LOCAL_TIMEOUT_MS, limit });
    const headEnd = output.indexOf('\n');
    const [, type, size] = output.toString('utf8', 0, headEnd).split(' ');
    if (type !== 'blob') return null;
    if (Number(size) > FILE_MAX_BYTES) throw tooLarge;
    return output.toString('utf8', headEnd + 1, headEnd + 1 + Number(size));
  }

  function fetch(access: RepositoryAccess, refspec: string, result: string, signal?: AbortSignal): Promise<CommitInfo> {
    return fetches.run(keyOf(access, refspec), signal, (together, close) =>
      queue.run(access.id, () => {
        close();
        return fetchNow(access, refspec, result, together);
      }),
    );
  }

  async function fetchNow(
    access: RepositoryAccess,
    refspec: string,
    result: string,
    signal: AbortSignal,
  ): Promise<CommitInfo> {
    const mirror = await openMirror(access.id);
    await withRemote(access, policy, remoteEnv, (call) =>
      runGit({
        args: [
          '--git-dir',
          mirror,
          'fetch',
          '--quiet',
          '--no-tags',
          '--no-recurse-submodules',
          // A local clone may be shallow itself.
          '--update-shallow',
          '--no-write-fetch-head',
          '--force',
          '--end-of-options',
          call.url,
          refspec,
        ],
        env: call.env,
        timeoutMs: FETCH_TIMEOUT_MS,
        signal,
      }),
    );
    const [commit] = await describe(mirror, result, 1);
    if (!commit) throw new GitFailure('commit_gone', 'the commit could not be read after it was fetched');
    return commit;
  }

  async function look(access: RepositoryAccess, signal: AbortSignal): Promise<RemoteBranches> {
    const output = await withRemote(access, policy, remoteEnv, (call) =>
      runGit({
        args: ['ls-remote', '--symref', '--end-of-options', call.url, 'HEAD', 'refs/heads/*'],
        env: call.env,
        timeoutMs: LOOK_TIMEOUT_MS,
        signal,
      }),
    );
    return branchesOf(output.toString('utf8'));
  }

  return {
    listBranches(access, signal) {
      return looks.run(keyOf(access, ''), signal, (together) => look(access, together));
    },
    fetchBranch(access, branch, signal) {
      const kept = keptRef(branch);
      return fetch(access, `refs/heads/${branch}:${kept}`, kept, signal);
    },
    async fetchCommit(access, commit, signal) {
      if (!isCommitSha(commit)) throw new GitFailure('commit_gone', `${commit} is not a commit id`);
      const mirror = await openMirror(access.id);
      const [known] = await describe(mirror, `${commit}^{commit}`, 1).catch((): CommitInfo[] => []);
      return known ?? fetch(access, commit, `${commit}^{commit}`, signal);
    },
    readFile(access, commit, path) {
      return files.get(access.id, commit, path, () => readFile(mirrorFolder(folder, access.id), commit, path));
    },
    recentCommits(access, branch, limit) {
      return describe(mirrorFolder(folder, access.id), keptRef(branch), limit);
    },
    async forget(repositoryId) {
      await queue.run(repositoryId, () => rm(mirrorFolder(folder, repositoryId), { recursive: true, force: true }));
      opened.delete(repositoryId);
      files.forget(repositoryId);
    },
    async check() {
      const fault = await pinningFault(env);
      if (fault !== null && !policy.allowLocal) throw new Failure('unavailable', `${fault}.`);
    },
  };
}

/** What two callers must have in common to be given the same answer: also by which URL, and as whom, they ask. */
function keyOf({ id, url, credential }: RepositoryAccess, what: string): string {
  return JSON.stringify([id, url, credential, what]);
}

/** Branches can be files and folders of each other over time, which refs cannot; their hashes never are. */
function keptRef(branch: string): string {
  return `refs/blueberry/heads/${createHash('sha256').update(branch).digest('hex')}`;
}

function branchesOf(output: string): RemoteBranches {
  const prefix = 'refs/heads/';
  let defaultBranch: string | null = null;
  const branches: { name: string; commit: string }[] = [];
  for (const line of output.split('\n')) {
    const [left = '', name = ''] = line.split('\t');
    if (name === 'HEAD' && left.startsWith(`ref: ${prefix}`)) defaultBranch = left.slice(`ref: ${prefix}`.length);
    else if (name.startsWith(prefix) && isCommitSha(left))
      branches.push({ name: name.slice(prefix.length), commit: left });
  }
  branches.sort((one, other) => (one.name < other.name ? -1 : 1));
  const exists = branches.some(({ name }) => name === defaultBranch);
  return { defaultBranch: exists ? defaultBranch : null, branches };
}

function commitsOf(output: Buffer): CommitInfo[] {
  const fields = output.toString('utf8').split('\0');
  const commits: CommitInfo[] = [];
  for (let index = 0; index + 3 < fields.length; index += 4) {
    const [commit = '', subject = '', author = '', seconds = '0'] = fields.slice(index, index + 4);
    commits.push({ commit, subject, author, committedAt: new Date(Number(seconds) * 1000).toISOString() });
  }
  return commits;
}
