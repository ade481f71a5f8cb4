import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpSettings } from './parts.ts';

type CookieSettings = Pick<HttpSettings, 'secureCookies'>;

/** `__Host-` binds the cookie to this very host: no preview on a sub-domain can set or read it. */
function sessionCookieName({ secureCookies }: CookieSettings): string {
  return secureCookies ? '__Host-blueberry' : 'blueberry';
}

/** Value of a cookie; undefined where the browser sent none of that name. The first one of several counts. */
export function readCookie(request: FastifyRequest, name: string): string | undefined {
  const header = request.headers.cookie;
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const separator = pair.indexOf('=');
    if (separator === -1 || pair.slice(0, separator).trim() !== name) continue;
    return pair.slice(separator + 1).trim();
  }
  return undefined;
}

export function readSessionCookie(request: FastifyRequest, settings: CookieSettings): string | undefined {
  return readCookie(request, sessionCookieName(settings));
}

/** @param session as `SessionService.signIn` returns it; `expiresAt` is RFC 3339. */
export function setSessionCookie(
  reply: FastifyReply,
  settings: CookieSettings,
  session: { readonly cookie: string; readonly expiresAt: string },
): void {
  writeCookie(reply, settings, session.cookie, new Date(session.expiresAt));
}

export function clearSessionCookie(reply: FastifyReply, settings: CookieSettings): void {
  writeCookie(reply, settings, '', new Date(0));
}

function writeCookie(reply: FastifyReply, settings: CookieSettings, value: string, expires: Date): void {
  if (!/^[\w.~+/=-]*$/.test(value)) throw new Error('A session cookie must consist of cookie characters.');
  const attributes = [
    `${sessionCookieName(settings)}=${value}`,
    'Path=/',
    `Expires=${expires.toUTCString()}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(settings.secureCookies ? ['Secure'] : []),
  ];
  reply.header('set-cookie', attributes.join('; '));
}
