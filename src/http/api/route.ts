import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Actor } from '../../core/permissions.ts';

export type Tag = 'Environments' | 'Repositories' | 'Config sets' | 'Tokens' | 'Users' | 'Operations';

export const JSON_MEDIA_TYPE = 'application/json';
export const EVENT_STREAM = 'text/event-stream';

/** One form of answer, for the reference and to know what a client can accept. */
export interface ReplyForm {
  readonly status: 200 | 201 | 202 | 204;
  readonly description: string;
  /** Left out: no body, or not JSON. */
  readonly schema?: z.ZodType;
  /** Left out: JSON where there is a schema. */
  readonly mediaType?: string;
  readonly headers?: readonly ('ETag' | 'Location')[];
}

/** What a handler answers with. */
export interface ApiReply {
  readonly status: number;
  /** JSON where `mediaType` says nothing else; null for no body. */
  readonly body: string | Buffer | null;
  readonly mediaType?: string;
  readonly etag?: string;
  readonly location?: string;
}

/** A request that has been let in and understood. */
export interface ApiCall<Query, Body> {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: ApiRoute;
  readonly actor: Actor;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

/** An endpoint of the API: how it is called, what it answers, and for people to read. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** In OpenAPI's form: `/api/environments/{env_id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Whether the body may be left out, which is then read as `{}`. */
  readonly optionalBody?: boolean;
  /** Whether it takes `If-Match`. */
  readonly conditional?: boolean;
  readonly replies: readonly ReplyForm[];
  /** Problems of its own, besides those that every route can answer with. */
  readonly problems?: readonly number[];
  /** Resolves with null where it has answered by itself, as a stream does. */
  handle(call: ApiCall<unknown, unknown>): Promise<ApiReply | null>;
}

type Output<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;

type TypedRoute<Q extends z.ZodType | undefined, B extends z.ZodType | undefined> = Omit<
  ApiRoute,
  'query' | 'body' | 'handle'
> & {
  readonly query?: Q;
  readonly body?: B;
  handle(call: ApiCall<Output<Q>, Output<B>>): Promise<ApiReply | null>;
};

/** Ties the types of a handler's query and body to the schemas beside it. */
export function apiRoute<Q extends z.ZodType | undefined = undefined, B extends z.ZodType | undefined = undefined>(
  route: TypedRoute<Q, B>,
): ApiRoute {
  // Sound because whoever calls `handle` has put query and body through exactly these schemas.
  return route;
}

export function json(status: number, value: unknown): ApiReply {
  return { status, body: JSON.stringify(value) };
}

/** The path in fastify's form: `/api/environments/:env_id`. */
export function routerPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
