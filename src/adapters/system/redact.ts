const REDACTED = '[redacted]';

/** Names of fields whose value is a secret, whatever stands before: `linkSecret`, `set-cookie`, `x-api-key`. */
const SECRET_NAME =
  /(?:authorization|cookie|password|passphrase|passwd|credentials?|secrets?|secretenv|tokens?|api[-_]?key|private[-_]?key)$/i;

/** API tokens, sign-in links and sessions as Blueberry makes them, and whatever is sent as a bearer of something. */
const SECRET_TEXT = /\b(bb[a-z]*_)[A-Za-z0-9_-]{20,}|\b(bearer )[^\s"',;]+/gi;
/** The part of a URL that signs in: `https://USER:PASSWORD@host`. */
const URL_CREDENTIAL = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@"']{1,512}@/gi;

const MAX_DEPTH = 8;

/** A copy of `value` that may be logged. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isSecret(name, item) ? REDACTED : redact(item, depth + 1)]),
  );
}

export function redactText(text: string): string {
  return text
    .replace(SECRET_TEXT, (_match, prefix: string | undefined, bearer: string | undefined) => {
      return `${prefix ?? bearer ?? ''}${REDACTED}`;
    })
    .replace(URL_CREDENTIAL, `$1${REDACTED}@`);
}

function isSecret(name: string, value: unknown): boolean {
  const canHold = typeof value === 'string' || (typeof value === 'object' && value !== null);
  return canHold && SECRET_NAME.test(name);
}

function redactError(error: Error, depth: number): unknown {
  return {
    type: error.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}
