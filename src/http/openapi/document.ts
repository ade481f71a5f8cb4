import { z } from 'zod';
import { ACCESS_TABLE } from '../access-table.ts';
import { routerPath, type ApiRoute, type ReplyForm } from '../api/route.ts';
import { EVENT_STREAM, JSON_MEDIA_TYPE } from '../api/route.ts';
import { exampleOf } from './examples.ts';
import { operationsPaths } from './operations-paths.ts';
import { problemResponses, problemSchema, validationProblemSchema } from './problem-schemas.ts';

type JsonSchema = Record<string, unknown>;

/** The OpenAPI 3.1 description of the API, made of the very schemas that requests are checked by. */
export function openApiDocument(routes: readonly ApiRoute[], version: string): object {
  const schemas: Record<string, JsonSchema> = {};

  /** JSON Schema of what goes in or comes out; named schemas are collected and referred to. */
  function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema, $defs, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
    Object.assign(schemas, $defs);
    return rest;
  }

  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] as object, { [route.method.toLowerCase()]: operationOf(route, schemaOf) });
  }
  schemaOf(problemSchema, 'output');
  schemaOf(validationProblemSchema, 'output');

  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Blueberry',
      version,
      description:
        'Ephemeral environments: a branch becomes a running copy of the application with a URL of its own, and is gone when it is no longer needed.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: ['Environments', 'Repositories', 'Config sets', 'Tokens', 'Users', 'Operations'].map((name) => ({ name })),
    paths: { ...paths, ...operationsPaths() },
    components: {
      schemas,
      responses: problemResponses(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token: bb_…' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'blueberry',
          description:
            'The session of a signed-in browser (`__Host-blueberry` by https). Requests that change something also need X-CSRF-Token.',
        },
      },
    },
  };
  return JSON.parse(JSON.stringify(document).replaceAll('"#/$defs/', '"#/components/schemas/')) as object;
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => JsonSchema;

function operationOf(route: ApiRoute, schemaOf: SchemaOf): object {
  const access = ACCESS_TABLE[`${route.method} ${routerPath(route.path)}`] ?? 'authenticated';
  const scopes = access === 'authenticated' ? [] : [access];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: [{ token: scopes }, { session: scopes }],
    parameters: [...pathParameters(route), ...queryParameters(route, schemaOf), ...headerParameters(route)],
    ...(route.body ? { requestBody: requestBodyOf(route, route.body, schemaOf) } : {}),
    responses: { ...repliesOf(route, schemaOf), ...problemsOf(route) },
  };
}

function pathParameters({ path }: ApiRoute): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }));
}

function queryParameters({ query }: ApiRoute, schemaOf: SchemaOf): object[] {
  if (!(query instanceof z.ZodObject)) return [];
  const { properties, required } = schemaOf(query, 'input') as {
    properties: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required?.includes(name) ?? false,
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function headerParameters({ method, conditional, replies }: ApiRoute): object[] {
  const parameters: object[] = [];
  if (conditional) parameters.push(header('If-Match', 'The ETag that the record must still have: else 412', '"3"'));
  if (method === 'POST') {
    const what = 'For 24 hours the same key with the same request gives the same answer and has one effect';
    parameters.push(header('Idempotency-Key', what, 'b6a1c9e0-5a1e-4f0e-9a53-1f1f7d1d2a55'));
  }
  if (replies.some(({ mediaType }) => mediaType === EVENT_STREAM)) {
    parameters.push(header('Last-Event-ID', 'The id of the last event: what followed it is told first'));
  }
  return parameters;
}

function header(name: string, description: string, example?: string): object {
  return {
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    ...(example === undefined ? {} : { example }),
  };
}

function requestBodyOf(route: ApiRoute, body: z.ZodType, schemaOf: SchemaOf): object {
  const schema = schemaOf(body, 'input');
  return {
    required: !route.optionalBody,
    content: { [JSON_MEDIA_TYPE]: { schema, ...exampleOf(schema) } },
  };
}

function repliesOf(route: ApiRoute, schemaOf: SchemaOf): Record<string, object> {
  const responses: Record<string, { description: string; headers: object; content?: object }> = {};
  for (const form of route.replies) {
    const known = responses[String(form.status)];
    const content = { ...known?.content, ...contentOf(form, schemaOf) };
    responses[String(form.status)] = {
      description: known?.description ?? form.description,
      headers: { ...headersOf(route, form) },
      ...(Object.keys(content).length === 0 ? {} : { content }),
    };
  }
  return responses;
}

function contentOf({ schema, mediaType }: ReplyForm, schemaOf: SchemaOf): object {
  if (schema) {
    const described = schemaOf(schema, 'output');
    return { [mediaType ?? JSON_MEDIA_TYPE]: { schema: described, ...exampleOf(described) } };
  }
  return mediaType === undefined ? {} : { [mediaType]: { schema: { type: 'string' } } };
}

const HEADERS: Readonly<Record<string, object>> = {
  ETag: { description: 'Version of the record, for If-Match', schema: { type: 'string' } },
  Location: { description: 'Where the record is', schema: { type: 'string' } },
  'Idempotency-Replayed': { description: '`true` where this answer was given before', schema: { type: 'string' } },
};

function headersOf({ method }: ApiRoute, { headers = [] }: ReplyForm): object {
  const names = [...headers, ...(method === 'POST' ? ['Idempotency-Replayed'] : [])];
  return Object.fromEntries(names.map((name) => [name, HEADERS[name]]));
}

/** What every route can answer with, and what this one can besides. */
function problemsOf({ method, query, body, conditional, problems = [] }: ApiRoute): Record<string, object> {
  const statuses = new Set([401, 403, 406, 421, 422, 500, 503, ...problems]);
  if (method === 'POST' || conditional) statuses.add(400);
  if (conditional) statuses.add(412);
  if (method !== 'GET') statuses.add(429);
  if (body) for (const status of [413, 415]) statuses.add(status);
  if (query) statuses.add(400);
  return Object.fromEntries(
    [...statuses]
      .sort((left, right) => left - right)
      .map((status) => [status, { $ref: `#/components/responses/Problem${String(status)}` }]),
  );
}
