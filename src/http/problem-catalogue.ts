import type { FailureKind } from '../core/errors.ts';

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What it means and what to do, for the page that `type` leads to. */
  readonly meaning: string;
}

/** The general problem of each kind of failure; a failure with a code of its own may be told more precisely below. */
export const KIND_CODES: Record<FailureKind, string> = {
  not_found: 'not_found',
  forbidden: 'forbidden',
  unauthenticated: 'unauthenticated',
  invalid: 'validation_failed',
  malformed: 'malformed',
  conflict: 'conflict',
  stale: 'stale_etag',
  too_large: 'too_large',
  too_many: 'too_many',
  bad_upstream: 'bad_upstream',
  unavailable: 'unavailable',
  deadline: 'deadline',
};

function kind(status: number, title: string, meaning: string): ProblemKind {
  return { status, title, meaning };
}

/** Every problem that this server tells of, by its code. `type` of a problem leads to its entry on a page. */
export const PROBLEMS: Readonly<Record<string, ProblemKind>> = {
  malformed: kind(400, 'Malformed request', 'A header or the request itself breaks the rules of HTTP. Correct it.'),
  malformed_idempotency_key: kind(
    400,
    'Malformed Idempotency-Key',
    'The key must be 1 to 255 printable ASCII characters without spaces at its ends.',
  ),
  malformed_if_match: kind(400, 'Malformed If-Match', 'Send the ETag of the record as it was read, or *.'),
  unauthenticated: kind(
    401,
    'Sign-in needed',
    'Send a valid API token as "Authorization: Bearer bb_…", or sign in with a browser. Tokens may expire or be revoked.',
  ),
  forbidden: kind(403, 'Not allowed', 'You can see this, but not do this. Ask an administrator.'),
  missing_scope: kind(403, 'Not allowed', 'Your role or your token does not have the scope that is named.'),
  not_owner: kind(403, 'Not the owner', 'Only the owner of a record or an administrator can change it.'),
  csrf: kind(
    403,
    'Request from elsewhere',
    'A write by a signed-in browser must come from a page of this site and carry its token. Scripts use an API token.',
  ),
  not_found: kind(404, 'Not found', 'It does not exist, or you may not see it.'),
  branch_not_found: kind(404, 'Branch not found', 'The repository has no branch of this name.'),
  commit_gone: kind(404, 'Commit not found', 'The repository does not have this commit any more.'),
  method_not_allowed: kind(405, 'Method not allowed', 'The header Allow names the methods of this path.'),
  not_acceptable: kind(406, 'Not acceptable', 'The header Accept excludes every form that this reply has.'),
  request_timeout: kind(408, 'Request timed out', 'The request did not arrive in time. Send it again.'),
  conflict: kind(409, 'Conflict', 'The present state does not allow this.'),
  name_taken: kind(409, 'Name taken', 'A living environment has this name. Choose another, or delete that one first.'),
  quota_exceeded: kind(409, 'Quota exceeded', 'As many environments live as may. Delete one that is not needed.'),
  environment_ending: kind(409, 'Environment is ending', 'It is being deleted or is gone, so it cannot be changed.'),
  cannot_sleep: kind(
    409,
    'Cannot sleep',
    "A chart of the repository's own sleeps by chart.sleep_values in blueberry.yaml, and this one has none.",
  ),
  repository_in_use: kind(409, 'Repository in use', 'Environments of it live. Delete them first.'),
  config_set_in_use: kind(409, 'Config set in use', 'Living environments use it. Give them another one first.'),
  user_exists: kind(409, 'User exists', 'There is a user with this e-mail address already.'),
  last_administrator: kind(409, 'Last administrator', 'Make someone else an administrator first.'),
  stale_etag: kind(412, 'Changed meanwhile', 'The record is not at the version of If-Match. Read it again.'),
  too_large: kind(413, 'Too large', 'A request body may have at most 1 MiB.'),
  unsupported_media_type: kind(415, 'Unsupported media type', 'Send JSON as "Content-Type: application/json".'),
  misdirected: kind(421, 'Unknown host', 'The header Host names no host that this server answers for.'),
  validation_failed: kind(422, 'Validation failed', 'The list errors names each fault with its place.'),
  json_invalid: kind(422, 'Malformed JSON', 'The body is not valid JSON.'),
  idempotency_key_reused: kind(
    422,
    'Idempotency-Key reused',
    'The key was used before with another request. Use a new key for a new request.',
  ),
  too_many: kind(429, 'Too many requests', 'Wait as long as Retry-After says.'),
  headers_too_large: kind(431, 'Headers too large', 'The headers may have at most 16 KiB in all.'),
  internal: kind(500, 'Internal error', 'It is our fault and has been logged. Report it with its request_id.'),
  bad_upstream: kind(502, 'Bad answer from elsewhere', 'Something that this depends on answered badly. Try again.'),
  repository_unreachable: kind(502, 'Repository unreachable', 'The Git remote did not answer well. Check its URL.'),
  unavailable: kind(503, 'Unavailable', 'Something that this depends on is down. Retry-After says when to try again.'),
  storage_full: kind(503, 'Storage full', 'The disk of the server is full. An administrator has to free some space.'),
  contention: kind(503, 'Too much at once', 'Too many changes to the same records at once. Try again in a moment.'),
  deadline: kind(504, 'Took too long', 'Something that this depends on did not answer in time. Try again.'),
  repository_timed_out: kind(504, 'Repository took too long', 'The Git remote did not answer in time. Try again.'),
};
