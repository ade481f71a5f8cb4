import type { FastifyReply, FastifyRequest } from 'fastify';
import { htmlText, type Html } from './components/html.ts';

/** Whether a script on a page asks, which takes a part of a page for an answer. */
export function isFromScript(request: FastifyRequest): boolean {
  return request.headers['hx-request'] !== undefined && request.headers['hx-history-restore-request'] === undefined;
}

export function sendPage(reply: FastifyReply, page: Html, status = 200): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>${htmlText(page)}`);
}

export function sendPart(reply: FastifyReply, part: Html, status = 200): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(htmlText(part));
}

/** Sends the browser to another page after a form, in the way that whoever asked understands. */
export function goTo(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
  if (isFromScript(request)) return reply.code(204).header('hx-redirect', path).send();
  return reply.redirect(path, 303);
}
