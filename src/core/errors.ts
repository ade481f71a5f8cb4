/**
 * What can go wrong in a use case. The kinds know nothing of HTTP; the one mapper at the edge turns each into a
 * status. `code` is the machine-readable name of the problem, `message` one sentence that says what failed, why, and
 * what to do next.
 */
export type FailureKind =
  | 'not_found'
  | 'forbidden'
  | 'unauthenticated'
  | 'invalid'
  | 'malformed'
  | 'conflict'
  | 'stale'
  | 'too_large'
  | 'too_many'
  | 'bad_upstream'
  | 'unavailable'
  | 'deadline';

/** One fault of an input: where it is, what is wrong, and a stable name of the rule. */
export interface InputFault {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

export interface FailureOptions {
  readonly code?: string;
  readonly faults?: readonly InputFault[];
  /** Seconds after which a repeated call may succeed. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

export class Failure extends Error {
  readonly kind: FailureKind;
  readonly code: string;
  readonly faults: readonly InputFault[];
  readonly retryAfterSeconds: number | null;

  constructor(kind: FailureKind, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.code = options.code ?? kind;
    this.faults = options.faults ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

/** What does not exist and what the actor may not see look exactly alike. */
export function notFound(what: string, id: string): Failure {
  return new Failure('not_found', `There is no ${what} ${JSON.stringify(id)}.`);
}

export function invalid(faults: readonly InputFault[]): Failure {
  const first = faults[0];
  const detail = first ? `${first.loc.join('.')}: ${first.msg}` : 'The input is not valid.';
  return new Failure('invalid', faults.length > 1 ? `${detail} (and ${String(faults.length - 1)} more)` : detail, {
    code: 'validation_failed',
    faults,
  });
}

/** A single fault in the request's body. `field` is a path: `scopes.0`. */
export function invalidField(field: string, msg: string, type = 'value_error'): Failure {
  const path = field.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return invalid([{ loc: ['body', ...path], msg, type }]);
}
