const BRANCH_MAX_LENGTH = 255;

const FORBIDDEN_CHARACTERS = /[\u0000-\u001f\u007f~^:?*[\\]|^ | $/; // eslint-disable-line no-control-regex -- Git refuses these

/**
 * What is wrong with a branch name, or null when nothing is. The rules of `git check-ref-format --branch`, except that
 * a space between words is let through: no remote has such a branch, and the environment then says just that.
 */
export function branchFault(branch: string): string | null {
  if (branch.length === 0) return 'must not be empty';
  if (branch.length > BRANCH_MAX_LENGTH) return `must have at most ${String(BRANCH_MAX_LENGTH)} characters`;
  if (branch.startsWith('-')) return 'must not start with a hyphen';
  if (FORBIDDEN_CHARACTERS.test(branch))
    return 'must not contain control characters, outer spaces or any of ~ ^ : ? * [ \\';
  if (branch.includes('..') || branch.includes('@{') || branch === '@') return 'must not contain ".." or "@{"';
  if (branch.startsWith('/') || branch.endsWith('/') || branch.includes('//')) {
    return 'must not start or end with a slash or contain two in a row';
  }
  const badPart = branch.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  if (badPart || branch.endsWith('.'))
    return 'must not have a part that starts with a dot or ends with ".lock", or end with a dot';
  return null;
}

/** A full object name, SHA-1 or SHA-256. */
export function isCommitSha(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

export function shortSha(commit: string): string {
  return commit.slice(0, 7);
}
