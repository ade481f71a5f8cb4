import type { FastifyRequest } from 'fastify';
import { Failure, type InputFault } from '../core/errors.ts';
import { KIND_CODES, PROBLEMS } from './problem-catalogue.ts';
import { pathOf } from './request-context.ts';

/** RFC 9457 problem details, with the faults of a validation in the item form that FastAPI's users know. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly request_id: string;
  readonly errors?: readonly InputFault[];
}

export interface ProblemReply {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
export const PROBLEMS_PAGE = '/docs/problems';

const RETRY_AFTER_DEFAULT_SECONDS = 5;

/** What fastify itself refuses, in our words. */
const FRAMEWORK_FAILURES: Readonly<Record<string, () => Failure>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new Failure('too_large', 'The request body has more than 1 MiB. Send less.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: unsupportedMediaType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Failure('malformed', 'Content-Length does not match the length of the body. Correct it.'),
  FST_ERR_BAD_URL: () => new Failure('malformed', 'The URL is not encoded properly. Correct it.'),
  FST_ERR_MAX_PARAM_LENGTH: () => new Failure('not_found', 'There is nothing at this path.'),
};

export function unsupportedMediaType(): Failure {
  return new Failure('malformed', 'The body must be JSON: send it as "Content-Type: application/json".', {
    code: 'unsupported_media_type',
  });
}

/** The failure that an error amounts to; null for what nobody foresaw. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof Failure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return FRAMEWORK_FAILURES[code]?.() ?? null;
}

/**
 * The one place that turns errors into HTTP. What nobody foresaw becomes a 500 that tells nothing but the request's id,
 * under which the log has the rest.
 */
export function problemOf(error: unknown, request: FastifyRequest): ProblemReply {
  const failure = failureOf(error);
  const where = { instance: pathOf(request), request_id: request.id };
  if (!failure) {
    const detail = `Something went wrong on our side. Report it with the request id ${request.id}.`;
    return { problem: { ...describe('internal'), detail, ...where }, headers: {} };
  }
  const code = failure.code in PROBLEMS ? failure.code : KIND_CODES[failure.kind];
  const description = describe(code);
  const errors = description.status === 422 ? { errors: failure.faults } : {};
  return {
    problem: { ...description, detail: failure.message, ...where, ...errors },
    headers: headersOf(failure, description.status),
  };
}

function describe(code: string): Pick<Problem, 'type' | 'title' | 'status'> {
  const { status, title } = PROBLEMS[code] ?? { status: 500, title: 'Internal error' };
  return { type: `${PROBLEMS_PAGE}#${code}`, title, status };
}

function headersOf(failure: Failure, status: number): Record<string, string> {
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = challengeOf(failure);
  const retryAfter =
    failure.retryAfterSeconds ?? (status === 429 || status === 503 ? RETRY_AFTER_DEFAULT_SECONDS : null);
  if (retryAfter !== null) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
  return headers;
}

/** RFC 6750: a credential that was sent but is no good is told apart from none at all. */
function challengeOf(failure: Failure): string {
  return failure.code === 'invalid_token'
    ? 'Bearer realm="blueberry", error="invalid_token"'
    : 'Bearer realm="blueberry"';
}
