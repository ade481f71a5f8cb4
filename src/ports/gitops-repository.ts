/** What the files of a GitOps repository are to be: their text, or null where there is to be none. By path from its root. */
export type GitOpsChange = ReadonlyMap<string, string | null>;

/**
 * A Git repository that says what runs, one file an environment. Written by compare-and-swap on the head of its branch,
 * whoever else writes there.
 */
export interface GitOpsRepository {
  /**
   * Commits the changes on top of whatever the branch is now and pushes; changes that ask for what is there already make
   * no commit. Resolves once the remote has them, with the branch's head. Tries again when somebody was faster. Those
   * who ask at the same time share commits. Fails with a `GitFailure`.
   * @param message of the commit, its first line a summary
   */
  commit(changes: GitOpsChange, message: string): Promise<string>;
  /** Text of the files in a folder, by path from the root, as of the head of the branch now. Fails with a `GitFailure`. */
  readFolder(path: string): Promise<ReadonlyMap<string, string>>;
}
