import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { GitFailure } from '../../core/git-failure.ts';
import type { GitOpsChange } from '../../ports/gitops-repository.ts';
import type { RepositoryAccess } from '../../ports/git-repositories.ts';
import { runGit } from './git-command.ts';
import { localGitEnvironment, remoteGitEnvironment } from './git-environment.ts';
import { ensureMirror, mirrorFolder } from './mirror.ts';
import { withRemote, type RemoteCall, type RemotePolicy } from './remote-access.ts';

export interface GitOpsCloneOptions {
  /** The clone is made in it, in place of the one of a process before. */
  readonly folder: string;
  /** Its id names the clone. */
  readonly access: RepositoryAccess;
  readonly branch: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly policy: RemotePolicy;
  readonly userEnvironment: Readonly<Record<string, string>>;
}

/** A bare clone without history, in which commits are made without files and without an index. */
export interface GitOpsClone {
  /** Head of the branch at the remote now, with its files; null: the repository has no branch at all yet. */
  fetch(): Promise<string | null>;
  /** Those of the changes that would change something. */
  effective(head: string | null, changes: GitOpsChange): Promise<GitOpsChange>;
  /** Makes a commit on top of the head, or the first one of all. */
  commit(head: string | null, changes: GitOpsChange, message: string): Promise<string>;
  /** Makes the commit the head of the remote's branch if `head` is that still, and fails with `branch_moved` if not. */
  push(commit: string, head: string | null): Promise<void>;
  /** Text of the files in a folder. Symbolic links, submodules and what is larger than 8 MiB are left out. */
  readFolder(head: string, path: string): Promise<ReadonlyMap<string, string>>;
}

const LOCAL_TIMEOUT_MS = 30_000;
const REMOTE_TIMEOUT_MS = 60_000;
const FETCHED = 'refs/blueberry/fetched';
const CANDIDATE = 'refs/blueberry/candidate';
const FILE_MAX_BYTES = 8 * 1024 * 1024;
/** Of files that one process reads. */
const READ_MAX_BYTES = 16 * 1024 * 1024;

/** Begins with an empty clone, whatever a process that was killed has left. */
export async function openGitOpsClone(options: GitOpsCloneOptions): Promise<GitOpsClone> {
  const { folder, access, branch, author, policy } = options;
  const env = localGitEnvironment(options.userEnvironment);
  const remoteEnv = remoteGitEnvironment(options.userEnvironment);
  await rm(mirrorFolder(folder, access.id), { recursive: true, force: true, maxRetries: 3 });
  const clone = await ensureMirror(folder, access.id, env);
  /** Of the files that were read last, by the id of their content. */
  let texts: ReadonlyMap<string, string> = new Map();

  function local(args: readonly string[], input?: string, limitBytes?: number): Promise<Buffer> {
    const limit = limitBytes === undefined ? {} : { limit: { bytes: limitBytes, failure: TOO_MUCH } };
    const given = input === undefined ? {} : { input };
    return runGit({ args: ['--git-dir', clone, ...args], env, timeoutMs: LOCAL_TIMEOUT_MS, ...given, ...limit });
  }

  function remote(argsFor: (call: RemoteCall) => readonly string[]): Promise<Buffer> {
    return withRemote(access, policy, remoteEnv, (call) =>
      runGit({ args: ['--git-dir', clone, ...argsFor(call)], env: call.env, timeoutMs: REMOTE_TIMEOUT_MS }),
    );
  }

  async function isEmpty(): Promise<boolean> {
    const branches = await remote(({ url }) => ['ls-remote', '--end-of-options', url, 'refs/heads/*']);
    return branches.length === 0;
  }

  async function list(head: string, paths: readonly string[], ...options: string[]): Promise<Entry[]> {
    return entriesOf(await local(['--literal-pathspecs', 'ls-tree', '-z', '-l', ...options, head, '--', ...paths]));
  }

  return {
    async fetch() {
      const refspec = `refs/heads/${branch}:${FETCHED}`;
      try {
        await remote(({ url }) => [...FETCH, '--end-of-options', url, refspec]);
      } catch (error) {
        if (!(error instanceof GitFailure) || error.reason !== 'branch_not_found') throw error;
        if (await isEmpty()) return null;
        throw new GitFailure('branch_not_found', `the GitOps repository has branches, but no ${branch}`);
      }
      return (await local(['rev-parse', '--verify', `${FETCHED}^{commit}`])).toString().trim();
    },

    async effective(head, changes) {
      const entries = head === null ? [] : await list(head, [...changes.keys()]);
      const known = new Map(entries.map(({ path, id }) => [path, id]));
      return new Map(
        [...changes].filter(([path, text]) => known.get(path) !== (text === null ? undefined : blobId(text))),
      );
    },

    async commit(head, changes, message) {
      const orders = [
        `commit ${CANDIDATE}\nmark :1\ncommitter ${author.name} <${author.email}> now\n${data(message)}`,
        head === null ? '' : `from ${head}\n`,
        ...[...changes].map(([path, text]) =>
          text === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(text)}`,
        ),
        '\nget-mark :1\ndone\n',
      ];
      // Of a commit that nobody took there may be one left under this name.
      await local(['update-ref', '-d', CANDIDATE]);
      const made = await local(['fast-import', '--quiet', '--done', '--date-format=now'], orders.join(''));
      return made.toString().trim();
    },

    async push(commit, head) {
      const target = `refs/heads/${branch}`;
      const lease = `--force-with-lease=${target}:${head ?? ''}`;
      await remote(({ url }) => [...PUSH, lease, '--end-of-options', url, `${commit}:${target}`]);
    },

    async readFolder(head, path) {
      const entries = await list(head, path === '' ? [] : [`${path}/`], '-r', '--full-tree');
      const files = entries.filter(({ isFile, bytes }) => isFile && bytes <= FILE_MAX_BYTES);
      const read = new Map<string, string>();
      const unread = new Map<string, Entry>();
      for (const file of files) {
        const text = texts.get(file.id);
        if (text === undefined) unread.set(file.id, file);
        else read.set(file.id, text);
      }
      for (const part of parts([...unread.values()])) {
        const ids = part.map(({ id }) => `${id}\n`).join('');
        const output = await local(['cat-file', '--batch'], ids, READ_MAX_BYTES + FILE_MAX_BYTES + part.length * 128);
        let at = 0;
        for (const { id, bytes } of part) {
          at = output.indexOf('\n', at) + 1;
          read.set(id, output.toString('utf8', at, at + bytes));
          at += bytes + 1;
        }
      }
      texts = read;
      return new Map(files.map((file) => [file.path, read.get(file.id) ?? '']));
    },
  };
}

const TOO_MUCH = new GitFailure('failed', 'the GitOps repository answers with more than can be taken');

const FETCH = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-recurse-submodules',
  '--depth=1',
  '--update-shallow',
  '--no-write-fetch-head',
  '--force',
];

/** Nothing goes along that the user's own settings would add. */
const PUSH = [
  '-c',
  'push.pushOption=',
  'push',
  '--quiet',
  '--no-verify',
  '--no-signed',
  '--no-follow-tags',
  '--recurse-submodules=no',
];

interface Entry {
  readonly path: string;
  readonly id: string;
  readonly isFile: boolean;
  readonly bytes: number;
}

function entriesOf(output: Buffer): Entry[] {
  return output
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/);
      return { path: line.slice(tab + 1), id, isFile: mode.startsWith('100'), bytes: Number(size) || 0 };
    });
}

/** Not too much at once for one process. */
function parts(entries: readonly Entry[]): Entry[][] {
  const all: Entry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    if (bytes + entry.bytes > READ_MAX_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(entry);
    bytes += entry.bytes;
  }
  return all;
}

function blobId(text: string): string {
  return createHash('sha1')
    .update(`blob ${String(Buffer.byteLength(text))}\0${text}`)
    .digest('hex');
}

/** As fast-import takes it: by its length, so that no text can be an order. */
function data(text: string): string {
  return `data ${String(Buffer.byteLength(text))}\n${text}\n`;
}
