import type { FastifyRequest } from 'fastify';
import { Failure } from '../core/errors.ts';
import type { Actor } from '../core/permissions.ts';
import type { SessionService } from '../services/session-service.ts';
import type { HttpSettings } from './parts.ts';
import { readSessionCookie } from './session-cookie.ts';

export interface AuthenticationParts {
  readonly sessions: SessionService;
  readonly settings: Pick<HttpSettings, 'secureCookies'>;
}

/** How a request says who it is; kept by what outlives the request, to be asked again. */
export type Credential =
  { readonly kind: 'token'; readonly secret: string } | { readonly kind: 'session'; readonly cookie: string };

/** The alphabet of RFC 6750. Tokens of ours start with bb_; one that an installation was given at its first start may not. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{20,200}=*)$/i;

/** The credential of a request; null where there is none. A token counts before a cookie. */
export function credentialOf(request: FastifyRequest, { settings }: AuthenticationParts): Credential | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const secret = BEARER.exec(authorization)?.[1];
    if (secret === undefined) {
      throw unauthenticated('The header Authorization must be "Bearer", a space and an API token.');
    }
    return { kind: 'token', secret };
  }
  const cookie = readSessionCookie(request, settings);
  return cookie === undefined || cookie === '' ? null : { kind: 'session', cookie };
}

/** Null for a credential that is unknown, expired or revoked, or whose user is disabled. */
export function actorOfCredential({ sessions }: AuthenticationParts, credential: Credential): Promise<Actor | null> {
  return credential.kind === 'token'
    ? sessions.actorOfToken(credential.secret)
    : sessions.actorOfSession(credential.cookie);
}

/** Finds out who acts and writes it down in the request. A token that is no good fails; a cookie that is counts as none. */
export async function authenticate(request: FastifyRequest, parts: AuthenticationParts): Promise<Actor | null> {
  const credential = credentialOf(request, parts);
  if (credential === null) return null;
  const actor = await actorOfCredential(parts, credential);
  if (actor === null && credential.kind === 'token') {
    throw unauthenticated('This API token is unknown, expired or revoked. Make a new one.');
  }
  request.actor = actor;
  request.sessionCookie = actor !== null && credential.kind === 'session' ? credential.cookie : null;
  return actor;
}

function unauthenticated(message: string): Failure {
  return new Failure('unauthenticated', message, { code: 'invalid_token' });
}
