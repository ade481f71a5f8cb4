import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';
import { failureOf, PROBLEM_MEDIA_TYPE, problemOf, PROBLEMS_PAGE, type Problem } from './problem.ts';
import { PROBLEMS } from './problem-catalogue.ts';
import { isPagePath, pathOf } from './request-context.ts';

/** Renders a problem for people: a whole page, or a fragment for a request of a script on one. May set headers. */
export type ProblemRenderer = (
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
) => string | Promise<string>;

declare module 'fastify' {
  interface FastifyInstance {
    /** How pages show problems. Until one is given they are shown as JSON. */
    renderProblemsWith(renderer: ProblemRenderer): void;
  }
}

/** Every error of every route ends here: logged where it is our fault, and sent as the problem that it is. */
export function registerErrorHandling(app: FastifyInstance, log: Log): void {
  let render: ProblemRenderer | null = null;
  app.decorate('renderProblemsWith', (renderer: ProblemRenderer) => {
    render = renderer;
  });

  app.setErrorHandler(async (error, request, reply) => {
    logOwnFault(log, error, request);
    const { problem, headers } = problemOf(error, request);
    reply.code(problem.status).headers(headers);
    if (render && wantsPage(request))
      return reply.type('text/html; charset=utf-8').send(await render(problem, request, reply));
    return reply.type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
  });
}

function wantsPage(request: FastifyRequest): boolean {
  if (!isPagePath(pathOf(request))) return false;
  return request.headers['hx-request'] !== undefined || (request.headers.accept ?? '').includes('text/html');
}

function logOwnFault(log: Log, error: unknown, request: FastifyRequest): void {
  const failure = failureOf(error);
  const fields = { request_id: request.id, method: request.method, path: pathOf(request) };
  if (!failure) {
    const stack = error instanceof Error ? error.stack : String(error);
    log.error({ ...fields, stack }, 'A request failed for a reason that nobody foresaw.');
  } else if (failure.kind === 'unavailable' || failure.kind === 'bad_upstream' || failure.kind === 'deadline') {
    log.warn({ ...fields, code: failure.code }, failure.message);
  }
}

/** Where no route fits: 405 with `Allow` if the path has other methods, else 404. */
export function registerNotFound(app: FastifyInstance): void {
  const patterns = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  app.addHook('onRoute', ({ url, method }) => {
    const entry = patterns.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const one of Array.isArray(method) ? method : [method]) entry.methods.add(one);
    patterns.set(url, entry);
  });

  // Before the body is read: a path that does not exist takes no body of any type.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const path = pathOf(request);
    const allowed = new Set(
      [...patterns.values()].filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]),
    );
    if (allowed.size === 0) throw new Failure('not_found', 'There is nothing at this path.');
    reply.header('allow', [...allowed].sort().join(', '));
    throw new Failure('not_found', `${request.method} is not possible here.`, { code: 'method_not_allowed' });
  });
}

/** `/a/:b/*` as an expression that is linear in the path's length. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}

/** What cannot even be read as a request has no fastify request; it gets the same form of answer. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy(error);
    return;
  }
  const code = CLIENT_ERROR_CODES[error.code ?? ''] ?? 'malformed';
  const { status, title, meaning } = PROBLEMS[code] ?? { status: 400, title: 'Malformed request', meaning: '' };
  // Which path it was for is not known: what came could not be read so far.
  const request_id = randomUUID();
  const problem = { type: `${PROBLEMS_PAGE}#${code}`, title, status, detail: meaning, instance: '/', request_id };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    `X-Request-Id: ${request_id}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const CLIENT_ERROR_CODES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};
