import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { apiRoute, EVENT_STREAM, type ApiRoute } from '../api/route.ts';
import type { EnvironmentEvents } from './environment-events.ts';
import type { EventStreams } from './event-streams.ts';

const position = z.string().regex(/^[\x21-\x7e]{1,200}$/, { message: 'is not a position of a stream' });

const query = z.strictObject({
  after: position.optional().meta({
    description: '`position` of a list: what happened since it was read is told first. Left out: from now',
  }),
});

export function environmentEventsRoute(streams: EventStreams, events: EnvironmentEvents): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/api/events/environments',
    operationId: 'followEnvironments',
    tag: 'Environments',
    summary: 'Follow what happens to environments',
    description: [
      'Server-sent events: `environment.created`, `environment.updated` and, once it is terminated, `environment.deleted`.',
      'The data is the EnvironmentResponse, the id a position. It tells state, not history: versions of one environment',
      'never go backwards, and who comes back with `Last-Event-ID` gets the newest version of all that changed meanwhile,',
      'or `reset`, which means: list again.',
    ].join(' '),
    query,
    replies: [{ status: 200, description: 'A stream that does not end', mediaType: EVENT_STREAM }],
    async handle({ request, reply, query: { after } }) {
      await events.start();
      const stream = streams.open(request, reply, 'environments:read');
      // What a browser was told last counts before where its page once began.
      void events.follow(stream, lastEventIdOf(request) ?? after);
      return null;
    },
  });
}

/** Sent by browsers when they come back; one that can't be a position is passed on, and leads to a reset. */
export function lastEventIdOf(request: FastifyRequest): string | undefined {
  const id = request.headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}
