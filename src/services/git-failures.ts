import { Failure, invalidField } from '../core/errors.ts';
import { GitFailure } from '../core/git-failure.ts';

/** A remote that says no is the caller's fault where the input names it wrongly, and the upstream's otherwise. */
export async function withUpstreamFailure<T>(url: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const sentence = gitSentence(error, url);
    switch (error.reason) {
      case 'authentication_refused':
        throw invalidField('credential', sentence, 'authentication_refused');
      case 'repository_not_found':
      case 'moved':
      case 'not_allowed':
        throw invalidField('url', sentence, error.reason);
      case 'branch_not_found':
      case 'commit_gone':
        throw new Failure('not_found', sentence, { code: error.reason });
      case 'timed_out':
        throw new Failure('deadline', sentence, { code: 'repository_timed_out' });
      case 'disk_full':
        throw new Failure('unavailable', sentence, { code: 'storage_full', retryAfterSeconds: 60 });
      case 'unreachable':
      case 'file_too_large':
      case 'branch_moved':
      case 'push_refused':
      case 'failed':
        throw new Failure('bad_upstream', sentence, { code: 'repository_unreachable', cause: error });
    }
  }
}

const GIT_SENTENCES: Record<GitFailure['reason'], string> = {
  unreachable: 'The repository cannot be reached. Check the URL and the network, then try again',
  moved: 'The repository has moved. Give its new URL, on GitLab with .git at its end',
  file_too_large: 'The file is too large to be read',
  authentication_refused: 'The repository refused the sign-in. Give a credential that may read it',
  repository_not_found: 'There is no repository at this URL, or its credential may not see it',
  branch_not_found: 'The repository has no such branch',
  commit_gone: 'The repository does not have this commit any more',
  not_allowed: 'This address is not allowed as a repository',
  disk_full: 'The disk is full. Free some space, then try again',
  branch_moved: 'Somebody else pushes to the branch all the time. Try again',
  push_refused:
    'The repository refused what was pushed. Check the rules of its branch, and that the credential may write',
  timed_out: 'The repository did not answer in time. Try again',
  failed: 'Git failed',
};

/** What is wrong and what to do, with what Git itself said. */
export function gitSentence(error: GitFailure, url: string): string {
  // Of a folder there is more to say than of what is far away.
  if (error.reason === 'repository_not_found' && url.startsWith('/')) {
    return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  }
  return error.message === ''
    ? `${GIT_SENTENCES[error.reason]}.`
    : `${GIT_SENTENCES[error.reason]} (${error.message}).`;
}
