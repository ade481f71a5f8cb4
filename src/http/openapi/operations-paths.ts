/** The few endpoints beside the API, for probes and monitoring. */
export function operationsPaths(): Record<string, object> {
  const health = { type: 'object', properties: { status: { type: 'string' }, version: { type: 'string' } } };
  const readiness = {
    type: 'object',
    properties: {
      status: { enum: ['ready', 'not ready'] },
      checks: {
        type: 'array',
        items: {
          type: 'object',
          properties: { name: { type: 'string' }, ok: { type: 'boolean' }, message: { type: 'string' } },
        },
      },
    },
  };
  return {
    '/healthz': operation('healthz', 'Is it alive?', { 200: reply('It is', 'application/json', health) }),
    '/readyz': operation('readyz', 'May it get traffic?', {
      200: reply('It may', 'application/json', readiness),
      503: reply('Not now: a dependency does not answer, or it is shutting down', 'application/json', readiness),
    }),
    '/metrics': operation(
      'metrics',
      'Metrics for Prometheus',
      {
        200: reply('The metrics', 'text/plain', { type: 'string' }),
        401: { $ref: '#/components/responses/Problem401' },
        403: { $ref: '#/components/responses/Problem403' },
      },
      'From this machine without a credential, else for administrators.',
      [{}, { token: ['users:read'] }, { session: ['users:read'] }],
    ),
  };
}

function operation(
  operationId: string,
  summary: string,
  responses: object,
  description?: string,
  security: readonly object[] = [],
): object {
  return {
    get: { operationId, tags: ['Operations'], summary, ...(description ? { description } : {}), security, responses },
  };
}

function reply(description: string, mediaType: string, schema: object): object {
  return { description, content: { [mediaType]: { schema } } };
}
