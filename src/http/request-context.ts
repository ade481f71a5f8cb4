import type { FastifyRequest } from 'fastify';
import type { Actor } from '../core/permissions.ts';
import type { Access } from './access-table.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who acts; null on public routes, where nobody is asked. */
    actor: Actor | null;
    /** Value of the session cookie that `actor` was found by; null where it was a token. */
    sessionCookie: string | null;
  }
  interface FastifyContextConfig {
    /** Taken from the access table. */
    access?: Access;
  }
}

/** The actor of a route that is not public. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === null) throw new Error(`${request.method} ${request.routeOptions.url ?? ''} has no actor.`);
  return request.actor;
}

/** Path without the query, which may hold a secret. Also for requests in absolute form. */
export function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?');
  return end === -1 ? request.url : request.url.slice(0, end);
}

const MACHINE_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics', '/openapi.json']);

/** Whether a path belongs to a page that people see, and not to the API or to what machines ask for. */
export function isPagePath(path: string): boolean {
  return path !== '/api' && !path.startsWith('/api/') && !MACHINE_PATHS.has(path);
}

/** A path within this site that it is safe to send a browser to after signing in; anything else becomes `/`. */
export function safeNextPath(next: string | undefined): string {
  // A browser reads a backslash as a slash, and drops tabs and line ends: both would make it another site's URL.
  if (next === undefined || !/^\/(?![/\\])[^\\\u0000-\u001f]*$/.test(next)) return '/'; // eslint-disable-line no-control-regex -- they are what is refused
  return next;
}
