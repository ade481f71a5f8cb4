export interface CheckoutRequest {
  readonly repositoryId: string;
  readonly commit: string;
  /** Absolute; must not exist yet. Its parent does. */
  readonly folder: string;
  /** Names the checkout among all of the repository, in letters, digits, `_` and `-`. */
  readonly label: string;
}

/** Puts the files of commits that have been fetched into folders of their own. */
export interface SourceCheckouts {
  /** Resolves once the folder holds the commit's files. Fails with a `GitFailure`. */
  checkout(request: CheckoutRequest): Promise<void>;
  /** Gives the folder back, whole or half made. Idempotent. */
  release(request: Omit<CheckoutRequest, 'commit'>): Promise<void>;
}
