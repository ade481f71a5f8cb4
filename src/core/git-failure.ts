/** Why Git could not do what was asked, told apart so that each cause gets its own sentence and its own retry. */
export type GitFailureReason =
  | 'unreachable'
  /** The remote answers with another URL, which is not followed. */
  | 'moved'
  | 'authentication_refused'
  | 'repository_not_found'
  | 'branch_not_found'
  | 'commit_gone'
  | 'file_too_large'
  | 'not_allowed'
  | 'disk_full'
  /** Somebody else has pushed to the branch meanwhile. */
  | 'branch_moved'
  /** The remote takes no such push: a rule of its own, a protected branch. */
  | 'push_refused'
  | 'timed_out'
  | 'failed';

export class GitFailure extends Error {
  readonly reason: GitFailureReason;

  /** @param detail Git's own words, shortened and without credentials. */
  constructor(reason: GitFailureReason, detail: string) {
    super(detail);
    this.name = 'GitFailure';
    this.reason = reason;
  }
}
