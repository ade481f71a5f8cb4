import { GitFailure } from '../../core/git-failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GitOpsChange, GitOpsRepository } from '../../ports/gitops-repository.ts';
import { openGitOpsClone, type GitOpsClone } from './gitops-clone.ts';
import type { RemotePolicy } from './remote-access.ts';
import { createSerialQueue } from './serial-queue.ts';

export interface GitOpsRepositoryOptions {
  /** A clone is kept in it, made anew at each start. */
  readonly folder: string;
  readonly url: string;
  /** A token or `USER:PASSWORD` for https, a private key for ssh. */
  readonly credential: string | null;
  readonly branch: string;
  /** Of the commits. */
  readonly author: { readonly name: string; readonly email: string };
  readonly policy: RemotePolicy;
  readonly userEnvironment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Asked right before each push; left out: always. */
  readonly mayPush?: () => boolean;
}

interface Request {
  readonly changes: GitOpsChange;
  readonly message: string;
  readonly resolve: (head: string) => void;
  readonly reject: (error: unknown) => void;
}

interface Sight {
  /** Null: there is no branch at all yet. */
  readonly head: string | null;
}

const TRIES = 25;
/** Pauses are chance within these bounds, so that those who meet at the branch don't meet again. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** Nothing is ever thrown away in a clone: after so many rounds a new one takes its place. */
const ROUNDS_PER_CLONE = 2_000;
/** What Kubernetes and this program name files with; no part of it begins with a dot. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/**
 * A GitOps repository behind a remote. A push only counts while the branch is what the commit was made on
 * (`--force-with-lease`), so nothing that others write is lost.
 */
export function createGitOpsRepository(options: GitOpsRepositoryOptions): GitOpsRepository {
  const { folder, url, credential, branch, policy, userEnvironment, clock, mayPush = () => true } = options;
  const author = { name: identityText(options.author.name), email: identityText(options.author.email) };
  const access = { id: 'gitops', url, credential };
  const queue = createSerialQueue();
  let waiting: Request[] = [];
  let opened: { readonly clone: GitOpsClone; rounds: number } | null = null;
  /** What the branch was when it was seen last; null: not known. */
  let seen: Sight | null = null;

  /** One round in the clone. After a failure the next one begins with a new clone. */
  function round<T>(work: (clone: GitOpsClone) => Promise<T>): Promise<T> {
    return queue.run(access.id, async () => {
      if (opened === null || opened.rounds >= ROUNDS_PER_CLONE) {
        opened = null;
        seen = null;
        opened = {
          clone: await openGitOpsClone({ folder, access, branch, author, policy, userEnvironment }),
          rounds: 0,
        };
      }
      opened.rounds += 1;
      try {
        return await work(opened.clone);
      } catch (error) {
        opened = null;
        throw error;
      }
    });
  }

  async function look(clone: GitOpsClone): Promise<Sight> {
    seen = null;
    seen = { head: await clone.fetch() };
    return seen;
  }

  /** The whole of a batch succeeds or fails together. */
  async function commitBatch(clone: GitOpsClone, batch: readonly Request[]): Promise<string> {
    const changes: GitOpsChange = new Map(batch.flatMap((request) => [...request.changes]));
    for (let tries = 1; ; tries += 1) {
      const before = seen;
      let { head } = before ?? (await look(clone));
      let effective = await clone.effective(head, changes);
      if (effective.size === 0 && before !== null) {
        // That nothing is to be changed has to be true of the branch as it is now.
        ({ head } = await look(clone));
        effective = await clone.effective(head, changes);
      }
      if (effective.size === 0) return head ?? '';
      const commit = await clone.commit(head, effective, messageOf(batch, effective));
      if (!mayPush()) throw new GitFailure('not_allowed', 'another replica leads, and writes what is to be written');
      try {
        await clone.push(commit, head);
        seen = { head: commit };
        return commit;
      } catch (error) {
        seen = null;
        if (!(error instanceof GitFailure) || error.reason !== 'branch_moved' || tries === TRIES) throw error;
      }
      // The first time it is most likely that just an older head was known here.
      if (tries > 1) await clock.sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries));
    }
  }

  async function commitWaiting(): Promise<void> {
    let batch: readonly Request[] = [];
    try {
      const head = await round((clone) => {
        batch = waiting;
        waiting = [];
        return commitBatch(clone, batch);
      });
      for (const { resolve } of batch) resolve(head);
    } catch (error) {
      if (batch.length === 0) {
        batch = waiting;
        waiting = [];
      }
      for (const { reject } of batch) reject(error);
    }
  }

  return {
    async commit(changes, message) {
      for (const path of changes.keys()) {
        if (!PATH.test(path)) throw new GitFailure('not_allowed', `${JSON.stringify(path)} is no path of a file`);
      }
      return new Promise((resolve, reject) => {
        waiting.push({ changes, message, resolve, reject });
        if (waiting.length === 1) void commitWaiting();
      });
    },
    readFolder: (path) =>
      round(async (clone) => {
        const { head } = await look(clone);
        return head === null ? new Map<string, string>() : clone.readFolder(head, path);
      }),
  };
}

/** Names all that the commit is for. */
function messageOf(batch: readonly Request[], effective: GitOpsChange): string {
  const [first = '', ...others] = batch
    .filter(({ changes }) => [...changes.keys()].some((path) => effective.has(path)))
    .map(({ message }) => message.replaceAll('\0', '').trim());
  if (others.length === 0) return first;
  const [summary = ''] = first.split('\n');
  const all = [first, ...others].map((message) => `- ${message}`);
  return [`${summary} (and ${String(others.length)} more)`, '', ...all].join('\n');
}

/** Without what would end a name or an address within a commit. */
function identityText(text: string): string {
  return text.replace(/[<>\n\0]/g, '').trim();
}
