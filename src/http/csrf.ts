import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, preValidationAsyncHookHandler } from 'fastify';
import { Failure } from '../core/errors.ts';
import type { HttpSettings } from './parts.ts';

const CSRF_HEADER = 'x-csrf-token';
export const CSRF_FIELD = '_csrf';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function isUnsafe(method: string): boolean {
  return !SAFE_METHODS.has(method);
}

/**
 * The token that forms carry as `_csrf`, and scripts as `X-CSRF-Token`. It follows from the session's cookie, which no
 * other site can read, so nothing has to be kept. Null where nobody is signed in.
 */
export function csrfTokenFor(request: FastifyRequest): string | null {
  return request.sessionCookie === null ? null : tokenOf(request.sessionCookie);
}

function tokenOf(sessionCookie: string): string {
  return createHmac('sha256', sessionCookie).update('csrf').digest('base64url');
}

/** Fails unless the request comes from a page of this very origin. Browsers always say where a write comes from. */
function verifySameOrigin(request: FastifyRequest, { publicUrl }: Pick<HttpSettings, 'publicUrl'>): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const siteFits = site === undefined || site === 'same-origin';
  const originFits = origin === undefined || origin === publicUrl || hostOfOrigin(origin) === host;
  if (siteFits && originFits && (site !== undefined || origin !== undefined)) return;
  throw refused('This request does not come from a page of this site. Open the page again and repeat it there.');
}

function hostOfOrigin(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** Fails unless the request of a signed-in browser comes from a page of this origin and carries the session's token. */
function verifyCsrf(request: FastifyRequest, settings: Pick<HttpSettings, 'publicUrl'>): void {
  verifySameOrigin(request, settings);
  const expected = csrfTokenFor(request);
  const given = request.headers[CSRF_HEADER] ?? fieldOf(request.body);
  if (expected !== null && typeof given === 'string' && equal(given, expected)) return;
  throw refused('The form is out of date or incomplete. Load the page again and repeat it.');
}

function fieldOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[CSRF_FIELD] : undefined;
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function refused(message: string): Failure {
  return new Failure('forbidden', message, { code: 'csrf' });
}

/**
 * Guards requests that change something and are not made with a bearer token, which no browser sends by itself. Runs
 * when the body has been read. The form's `_csrf` is taken out of it, so that handlers see only their own fields.
 */
export function csrfGuard(settings: Pick<HttpSettings, 'publicUrl'>): preValidationAsyncHookHandler {
  return async (request) => {
    if (request.actor?.via === 'session') verifyCsrf(request, settings);
    // Signing in: there is no session yet that a token could be bound to.
    else if (request.actor === null) verifySameOrigin(request, settings);
    if (fieldOf(request.body) !== undefined) delete (request.body as Record<string, unknown>)[CSRF_FIELD];
  };
}
