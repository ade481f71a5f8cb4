import type { FastifyRequest } from 'fastify';
import { Failure } from '../core/errors.ts';

/**
 * The entity tag of a record's version (RFC 9110, section 8.8.3): strong, since one version has one representation, but
 * for when a token was last used, which is kept apart.
 */
export function etagOf(version: number): string {
  return `"${String(version)}"`;
}

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * The version that `If-Match` asks for; undefined where it asks for none, or for any (`*`). Fails with `malformed` for
 * what is not an entity tag, and with `stale` for one that no version has: a weak one never matches here.
 */
export function ifMatchOf(request: FastifyRequest): number | undefined {
  const text = request.headers['if-match']?.trim();
  if (text === undefined || text === '*') return undefined;
  if (!ENTITY_TAG.test(text)) {
    throw new Failure('malformed', 'If-Match must be one ETag as it was received, in its quotation marks, or *.', {
      code: 'malformed_if_match',
    });
  }
  const version = /^"([1-9]\d{0,14})"$/.exec(text)?.[1];
  if (version === undefined) {
    throw new Failure(
      'stale',
      'If-Match names a version that this record never had. Read it again, then decide anew.',
      {
        code: 'stale_etag',
      },
    );
  }
  return Number(version);
}

/** Whether `If-None-Match` says that the client has this very version; a weak comparison, as for reads. */
export function clientHas(request: FastifyRequest, etag: string): boolean {
  const text = request.headers['if-none-match'];
  if (text === undefined) return false;
  return text.split(',').some((one) => {
    const tag = one.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  });
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** The key that makes a repeated POST one call; undefined where there is none. Fails with `malformed`. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && IDEMPOTENCY_KEY.test(key)) return key;
  throw new Failure('malformed', 'Idempotency-Key must be 1 to 255 printable ASCII characters.', {
    code: 'malformed_idempotency_key',
  });
}
