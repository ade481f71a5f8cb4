import { GitFailure, type GitFailureReason } from '../../core/git-failure.ts';

const DETAIL_MAX_LENGTH = 300;

/** Git's and its transports' words, in the C locale, and what they mean. The first that matches counts. */
const CAUSES: readonly (readonly [RegExp, GitFailureReason])[] = [
  [
    /! \[(?:remote )?rejected\] .*(?:stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old value|reference already exists)/i,
    'branch_moved',
  ],
  [/! \[(?:remote )?rejected\]/, 'push_refused'],
  [/No space left on device|Disk quota exceeded|unable to write (?:file|sha1|loose object|new.index)/i, 'disk_full'],
  [/couldn't find remote ref|Remote branch .* not found|invalid refspec/i, 'branch_not_found'],
  [
    /not our ref|unadvertised object|bad object|bad revision|invalid reference|not a valid object name|unable to read tree|reference is not a tree|nonexistent object/i,
    'commit_gone',
  ],
  [
    /Authentication failed|could not read (?:Username|Password)|Permission denied|HTTP 40[13]|returned error: 40[13]|Invalid username or/i,
    'authentication_refused',
  ],
  [
    /does not appear to be a git repository|repository .*not found|returned error: 404|HTTP 404|does not exist|not a git repository|No such file or directory/i,
    'repository_not_found',
  ],
  [
    /transport .* not allowed|Host key verification failed|unable to update url base from redirection|dubious ownership/i,
    'not_allowed',
  ],
  [/returned error: 30\d/i, 'moved'],
  [/timed out|Operation too slow/i, 'timed_out'],
  [
    /Could not resolve|Couldn't connect|Failed to connect|Connection (?:refused|reset|closed)|unable to access|Network is unreachable|No route to host|early EOF|remote end hung up|SSL|TLS|certificate|returned error: 5\d\d/i,
    'unreachable',
  ],
];

/** Turns how Git ended into why. The detail is one line, without addresses that could hold a credential. */
export function failureOf(errorOutput: string, code: number | null): GitFailure {
  const reason = CAUSES.find(([pattern]) => pattern.test(errorOutput))?.[1] ?? 'failed';
  const telling = reason === 'push_refused' ? refusalIn(errorOutput) : tellingLineOf(errorOutput);
  return new GitFailure(
    reason,
    telling === null ? `git ended with exit code ${String(code ?? 'unknown')}` : safeDetail(telling),
  );
}

function tellingLineOf(errorOutput: string): string | null {
  const lines = errorOutput
    .split(/^usage: /m, 1)
    .flatMap((words) => words.split(/[\r\n]+/))
    .map((line) => line.replace(/^(?:fatal|error|remote|ERROR):\s*/, '').trim())
    .filter((line) => line !== '' && !/^(?:Please make sure|and the repository exists|warning:|hint:)/.test(line));
  return lines.find((line) => CAUSES.some(([pattern]) => pattern.test(line))) ?? lines.at(-1) ?? null;
}

/** What the remote itself said, after the short form of it. */
function refusalIn(errorOutput: string): string {
  const [, short = 'rejected'] = /! \[(?:remote )?rejected\] .*\((.*)\)/.exec(errorOutput) ?? [];
  const words = [...errorOutput.matchAll(/^remote: *(.*?)\s*$/gm)]
    .map(([, line = '']) => line)
    .filter((line) => line !== '');
  return words.length === 0 ? short : `${short}: ${words.join(' ')}`;
}

function safeDetail(text: string): string {
  const safe = text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@']*@/gi, '$1').replace(/[.\s]+$/, '');
  return safe.slice(0, DETAIL_MAX_LENGTH);
}
