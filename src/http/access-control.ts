import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../core/errors.ts';
import { requireScope } from '../services/authorize.ts';
import { ACCESS_TABLE, type Access } from './access-table.ts';
import { authenticate } from './authentication.ts';
import { csrfGuard, isUnsafe } from './csrf.ts';
import type { HttpParts } from './parts.ts';
import type { WriteLimiter } from './rate-limits.ts';
import { isPagePath, pathOf } from './request-context.ts';

/**
 * Holds every route against the access table: a route that is not listed keeps the server from starting, and a request
 * reaches its handler only when its sender has what the table asks for.
 */
export function registerAccessControl(app: FastifyInstance, parts: HttpParts, writes: WriteLimiter): void {
  const guard = csrfGuard(parts.settings);
  app.decorateRequest('actor', null);
  app.decorateRequest('sessionCookie', null);

  app.addHook('onRoute', (route) => {
    const methods = Array.isArray(route.method) ? route.method : [route.method];
    route.config = { ...route.config, access: accessOf(methods, route.url) };
    if (methods.some(isUnsafe)) route.preValidation = [guard, ...[route.preValidation ?? []].flat()];
  });

  app.addHook('onRequest', async (request, reply) => {
    const { access } = request.routeOptions.config;
    if (access === undefined || access === 'public') return;
    if (access === 'operator' && isFromThisMachine(request)) return;
    const actor = await authenticate(request, parts);
    if (actor === null) return refuseAnonymous(request, reply);
    if (access !== 'authenticated') requireScope(actor, access === 'operator' ? 'users:read' : access);
    if (isUnsafe(request.method)) writes.count(actor.tokenId ?? actor.userId ?? request.ip);
  });
}

function accessOf(methods: readonly string[], url: string): Access {
  const rows = methods.map((method) => {
    const row = `${method === 'HEAD' ? 'GET' : method} ${url}`;
    const access = ACCESS_TABLE[row];
    if (access === undefined) throw new Error(`The route ${row} is missing in the access table.`);
    return access;
  });
  const [first] = rows;
  if (first === undefined || rows.some((access) => access !== first)) {
    throw new Error(`The methods of ${url} need different access: register them one by one.`);
  }
  return first;
}

/** The API says so; a page sends people to sign in and back. A script on a page is told where to go by a header. */
async function refuseAnonymous(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (isPagePath(pathOf(request))) {
    const fromScript = request.headers['hx-request'] !== undefined;
    const next = request.method === 'GET' && !fromScript ? `?next=${encodeURIComponent(request.url)}` : '';
    if (!fromScript) return reply.redirect(`/sign-in${next}`, 303);
    reply.header('hx-redirect', '/sign-in');
  }
  throw new Failure(
    'unauthenticated',
    'Sign in, or send an API token as "Authorization: Bearer bb_…". Tokens are made under Tokens in the console.',
  );
}

/** A peer on this machine that speaks for itself, not for someone behind it. */
function isFromThisMachine({ socket, headers }: FastifyRequest): boolean {
  const peer = socket.remoteAddress;
  const loopback = peer === '127.0.0.1' || peer === '::1' || peer === '::ffff:127.0.0.1';
  return loopback && headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
}
