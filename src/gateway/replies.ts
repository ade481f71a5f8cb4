import { randomBytes } from 'node:crypto';
import type { Failure } from '../core/errors.ts';
import type { FailureKind } from '../core/errors.ts';
import { isNavigation, type Exchange } from './exchange.ts';
import { renderPage, type PageContent } from './preview-page.tsx';
import { hasBody } from './request-headers.ts';

/** What is said in place of an application: the same sentence to people, on a page, and to programs, as a problem. */
export interface Notice {
  readonly failure: Failure;
  readonly page: Omit<PageContent, 'message'>;
}

/** Codes and titles are those of the console's problems, which `type` leads to. */
const UNAVAILABLE = { code: 'unavailable', status: 503, title: 'Unavailable' };
const PROBLEMS: Partial<Record<FailureKind, typeof UNAVAILABLE>> = {
  malformed: { code: 'malformed', status: 400, title: 'Malformed request' },
  not_found: { code: 'not_found', status: 404, title: 'Not found' },
  bad_upstream: { code: 'bad_upstream', status: 502, title: 'Bad answer from elsewhere' },
  deadline: { code: 'deadline', status: 504, title: 'Took too long' },
};

export function sendNotice(exchange: Exchange, { failure, page }: Notice, consoleUrl: string): void {
  const { request } = exchange;
  const problem = PROBLEMS[failure.kind] ?? UNAVAILABLE;
  const headers = {
    ...(failure.retryAfterSeconds === null ? {} : { 'retry-after': String(failure.retryAfterSeconds) }),
    // What is left of the body is not worth reading.
    ...(hasBody(request) ? { connection: 'close' } : {}),
  };
  if (isNavigation(request)) {
    const nonce = randomBytes(16).toString('base64url');
    const html = renderPage({ ...page, message: failure.message, live: page.live && isSafe(exchange), nonce });
    send(exchange, problem.status, html, {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy(nonce),
      'referrer-policy': 'no-referrer',
      vary: 'accept, sec-fetch-mode',
    });
    return;
  }
  const body = {
    type: `${consoleUrl}/docs/problems#${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: failure.message,
    instance: (request.url ?? '/').split('?', 1)[0],
    request_id: exchange.id,
  };
  send(exchange, problem.status, JSON.stringify(body), { ...headers, 'content-type': 'application/problem+json' });
}

export function sendJson(exchange: Exchange, status: number, body: object): void {
  send(exchange, status, JSON.stringify(body), { 'content-type': 'application/json' });
}

/** A form that was sent can't be sent again by loading the page again. */
function isSafe({ request }: Exchange): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

function send({ request, response }: Exchange, status: number, body: string, headers: Record<string, string>): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What was tried before may have left these behind.
  response.statusMessage = '';
  response.sendDate = true;
  response.writeHead(status, {
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}
