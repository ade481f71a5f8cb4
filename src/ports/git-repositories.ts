/** A connected repository as Git needs it. */
export interface RepositoryAccess {
  readonly id: string;
  readonly url: string;
  /** The opened credential: a token or `USER:PASSWORD` for https, a private key for ssh. Never logged. */
  readonly credential: string | null;
}

export interface RemoteBranches {
  /** What the remote's HEAD points to; null where it says nothing. */
  readonly defaultBranch: string | null;
  /** Name of each branch with the commit at its head, in the order of the names. */
  readonly branches: readonly { readonly name: string; readonly commit: string }[];
}

export interface CommitInfo {
  readonly commit: string;
  readonly subject: string;
  readonly author: string;
  /** RFC 3339. */
  readonly committedAt: string;
}

/** Reads connected repositories. Every method fails with a `GitFailure` whose reason says why. */
export interface GitRepositories {
  /** One look at the remote, nothing is fetched. Whoever asks while it goes on is given the same. */
  listBranches(repository: RepositoryAccess, signal?: AbortSignal): Promise<RemoteBranches>;
  /** Newest commit of a branch (or a given one), fetched so that `readFile` and a deployment can have it. */
  fetchBranch(repository: RepositoryAccess, branch: string, signal?: AbortSignal): Promise<CommitInfo>;
  fetchCommit(repository: RepositoryAccess, commit: string, signal?: AbortSignal): Promise<CommitInfo>;
  /** A text file at a commit that was fetched; null where there is none. Fails when it is larger than 256 KiB. */
  readFile(repository: RepositoryAccess, commit: string, path: string): Promise<string | null>;
  /** The newest commits of a branch that was fetched, newest first. */
  recentCommits(repository: RepositoryAccess, branch: string, limit: number): Promise<readonly CommitInfo[]>;
  /** Forgets what was fetched of it. Idempotent. */
  forget(repositoryId: string): Promise<void>;
  /** Fails where there is no Git, or, with a `Failure`, where it is too old for what is asked of it. */
  check(): Promise<void>;
}
