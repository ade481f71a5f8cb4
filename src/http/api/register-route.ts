import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../../core/errors.ts';
import { acceptsAny } from '../accept.ts';
import { clientHas, idempotencyKeyOf } from '../conditional-requests.ts';
import { actorOf } from '../request-context.ts';
import { readInput } from './read-input.ts';
import { EVENT_STREAM, JSON_MEDIA_TYPE, routerPath, type ApiReply, type ApiRoute, type ReplyForm } from './route.ts';

const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';

/** Puts an endpoint on the server: what every one of them does the same before and after its own work. */
export function registerRoute(app: FastifyInstance, route: ApiRoute): void {
  const mediaTypes = mediaTypesOf(route.replies);
  app.route({
    method: route.method,
    url: routerPath(route.path),
    // A stream does not end, so there is no telling its headers alone.
    exposeHeadRoute: route.method === 'GET' && !mediaTypes.includes(EVENT_STREAM),
    async handler(request, reply) {
      if (!acceptsAny(request.headers.accept, mediaTypes)) throw notAcceptable(mediaTypes);
      if (route.method === 'POST') idempotencyKeyOf(request);
      const { query, body } = readInput(route, request);
      const params = request.params as Record<string, string>;
      const answer = await route.handle({ request, reply, route, actor: actorOf(request), params, query, body });
      return answer === null ? reply : send(request, reply, answer);
    },
  });
}

function mediaTypesOf(replies: readonly ReplyForm[]): readonly string[] {
  const types = replies.flatMap(({ schema, mediaType }) => mediaType ?? (schema ? JSON_MEDIA_TYPE : []));
  // What answers without a body is fine for whoever accepts the problems of it.
  return types.length === 0 ? [JSON_MEDIA_TYPE] : types;
}

function send(request: FastifyRequest, reply: FastifyReply, answer: ApiReply): FastifyReply {
  reply.code(answer.status);
  if (answer.location !== undefined) reply.header('location', answer.location);
  if (answer.etag !== undefined) {
    reply.header('etag', answer.etag);
    if (request.method === 'GET' && clientHas(request, answer.etag)) return reply.code(304).send();
  }
  if (answer.body === null) return reply.send();
  return reply.header('content-type', answer.mediaType ?? JSON_CONTENT_TYPE).send(answer.body);
}

function notAcceptable(mediaTypes: readonly string[]): Failure {
  return new Failure('malformed', `This answers with ${mediaTypes.join(' or ')}. Let Accept allow it.`, {
    code: 'not_acceptable',
  });
}
