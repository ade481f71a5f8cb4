import { z } from 'zod';
import { invalid } from '../../core/errors.ts';
import type { LogLine } from '../../ports/environment-runtime.ts';
import { qualityOf } from '../accept.ts';
import type { HttpParts } from '../parts.ts';
import { lastEventIdOf } from '../stream/environment-events-route.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import { streamLog } from '../stream/log-stream.ts';
import { pageQuery, pageRequest, queryBoolean, queryInt } from './query.ts';
import {
  effectiveValues,
  logLineList,
  receipt,
  resourceList,
  timelineEventPage,
  toEffectiveValues,
  toLogLine,
  toReceipt,
  toResource,
  toTimelineEvent,
} from './representations/environment-details.ts';
import { apiRoute, EVENT_STREAM, json, JSON_MEDIA_TYPE, type ApiCall, type ApiReply, type ApiRoute } from './route.ts';

const TAIL_DEFAULT = 1_000;
const TAIL_MAX = 10_000;
const PLAIN_TEXT = 'text/plain';

const logQuery = z.strictObject({
  follow: queryBoolean.default(false).meta({ description: 'Stream what is there and what comes, as events `log`' }),
  container: z.string().min(1).max(100).optional().meta({ description: 'Left out: all of them' }),
  tail: queryInt(1, TAIL_MAX).default(TAIL_DEFAULT).meta({ description: 'Only the last so many lines' }),
  since: z.iso
    .datetime({ offset: true })
    .transform((time) => new Date(time).toISOString())
    .optional()
    .meta({ description: 'Only lines from then on' }),
});

export function environmentDetailRoutes(parts: HttpParts, streams: EventStreams): readonly ApiRoute[] {
  const { environments } = parts;
  return [
    apiRoute({
      method: 'GET',
      path: '/api/environments/{env_id}/logs',
      operationId: 'readEnvironmentLogs',
      tag: 'Environments',
      summary: 'Read or follow the log',
      description:
        'JSON, or plain lines for `Accept: text/plain`; with `follow=true` server-sent events `log`, and `end` when there will be no more.',
      query: logQuery,
      replies: [
        { status: 200, description: 'The lines', schema: logLineList },
        { status: 200, description: 'The lines as text', mediaType: PLAIN_TEXT },
        { status: 200, description: 'With `follow=true`: a stream', mediaType: EVENT_STREAM },
      ],
      problems: [404],
      handle: (call) => (call.query.follow ? followLog(parts, streams, call) : readLog(parts, call)),
    }),
    apiRoute({
      method: 'GET',
      path: '/api/environments/{env_id}/events',
      operationId: 'listEnvironmentEvents',
      tag: 'Environments',
      summary: 'Read the timeline',
      description: 'Newest first. It stays after the end.',
      query: pageQuery,
      replies: [{ status: 200, description: 'A page of it', schema: timelineEventPage }],
      problems: [404],
      async handle({ actor, params, query }) {
        const page = await environments.listEvents(actor, idOf(params), pageRequest(query));
        const items = page.items.map(({ id, record }) => toTimelineEvent(id, record));
        return json(200, { items, next_cursor: page.nextCursor });
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/environments/{env_id}/resources',
      operationId: 'listEnvironmentResources',
      tag: 'Environments',
      summary: 'See what runs',
      replies: [{ status: 200, description: 'Each thing that runs', schema: resourceList }],
      problems: [404],
      async handle({ actor, params }) {
        return json(200, { items: (await environments.listResources(actor, idOf(params))).map(toResource) });
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/environments/{env_id}/values',
      operationId: 'readEnvironmentValues',
      tag: 'Environments',
      summary: 'Read the effective values',
      description: 'Of the newest deployment that has them, each leaf with the layer that it comes from.',
      replies: [{ status: 200, description: 'The values', schema: effectiveValues }],
      problems: [404],
      handle: async ({ actor, params }) =>
        json(200, toEffectiveValues(await environments.getValues(actor, idOf(params)))),
    }),
    apiRoute({
      method: 'GET',
      path: '/api/environments/{env_id}/receipt',
      operationId: 'readEnvironmentReceipt',
      tag: 'Environments',
      summary: 'Read what was removed',
      description: 'There once everything has been seen gone.',
      replies: [{ status: 200, description: 'The receipt', schema: receipt }],
      problems: [404],
      handle: async ({ actor, params }) => json(200, toReceipt(await environments.getReceipt(actor, idOf(params)))),
    }),
  ];
}

type LogCall = ApiCall<z.output<typeof logQuery>, undefined>;

async function followLog(
  { environments, log }: HttpParts,
  streams: EventStreams,
  { request, reply, actor, params, query }: LogCall,
): Promise<null> {
  const { container, tail } = query;
  const since = resumeTime(lastEventIdOf(request)) ?? query.since;
  const gone = new AbortController();
  // Opened first: who may not see the log gets a problem, not a stream.
  const lines = await environments.openLogs(actor, idOf(params), {
    container,
    tail,
    since,
    follow: true,
    signal: gone.signal,
  });
  const stream = streams.open(request, reply, 'environments:read');
  stream.signal.addEventListener('abort', () => {
    gone.abort();
  });
  void streamLog(stream, lines, log);
  return null;
}

async function readLog(
  { environments }: HttpParts,
  { request, reply, actor, params, query: { container, tail, since } }: LogCall,
): Promise<ApiReply> {
  const gone = new AbortController();
  reply.raw.on('close', () => {
    gone.abort();
  });
  const query = { container, tail, since, follow: false, signal: gone.signal };
  const lines: LogLine[] = [];
  for await (const line of await environments.openLogs(actor, idOf(params), query)) lines.push(line);
  const accept = request.headers.accept ?? '*/*';
  if (qualityOf(accept, PLAIN_TEXT) > qualityOf(accept, JSON_MEDIA_TYPE)) {
    const body = lines.map(({ text }) => `${text}\n`).join('');
    return { status: 200, body, mediaType: `${PLAIN_TEXT}; charset=utf-8` };
  }
  return json(200, { items: lines.map(toLogLine) });
}

/** Where a browser comes back to: the time of the last line that it got. Lines of that very moment may come again. */
function resumeTime(lastEventId: string | undefined): string | undefined {
  if (lastEventId === undefined) return undefined;
  if (Number.isNaN(Date.parse(lastEventId))) {
    throw invalid([
      { loc: ['header', 'Last-Event-ID'], msg: 'must be the id of an event of this stream', type: 'value_error' },
    ]);
  }
  return lastEventId;
}

function idOf(params: Readonly<Record<string, string>>): string {
  return params['env_id'] ?? '';
}
