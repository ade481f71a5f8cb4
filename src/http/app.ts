import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyServerOptions,
} from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import { registerAccessControl } from './access-control.ts';
import { apiRoutes, registerApi } from './api/register-api.ts';
import { createEnvironmentEncoder } from './api/representations/environment-response.ts';
import { registerBodyTimeout } from './body-timeout.ts';
import { answerClientError, registerErrorHandling, registerNotFound } from './error-handling.ts';
import { createHostCheck, misdirected } from './host-check.ts';
import { BODY_LIMIT_BYTES } from './json-body.ts';
import { registerMetrics } from './metrics.ts';
import { registerReference } from './openapi/reference-routes.ts';
import { registerOperations } from './operations-routes.ts';
import type { HttpParts } from './parts.ts';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.ts';
import { createWriteLimiter } from './rate-limits.ts';
import { createRequestIds, registerRequestLog } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import { createEnvironmentEvents } from './stream/environment-events.ts';
import { createEventStreams, type EventStreams } from './stream/event-streams.ts';
import { registerUi } from './ui/ui-routes.ts';

/** Longer than the idle time-outs of the usual load balancers, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const PARAMETER_MAX_LENGTH = 500;

function noRouteSchemas(): never {
  throw new Error('Routes have no schemas of Fastify here: zod reads what comes in.');
}

/** Fastify would load compilers for schemas at each start, which takes longer than all routes together. */
const NO_ROUTE_SCHEMAS = { buildValidator: () => noRouteSchemas, buildSerializer: () => noRouteSchemas };

/** Asked for by probes under the address of the machine, and without anything to hide. */
const ANY_HOST: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** The console and the API, ready to listen. It never listens by itself. */
export async function buildApp(parts: HttpParts): Promise<FastifyInstance> {
  const { settings, log } = parts;
  const app = Fastify(serverOptions(parts));
  app.server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;

  registerBodyTimeout(app, parts.clock);
  const { registry } = registerMetrics(app);
  registerRequestLog(app, log);
  registerErrorHandling(app, log);
  registerDoor(app, parts);
  registerNotFound(app);
  registerAccessControl(app, parts, createWriteLimiter(parts.clock, settings.rateLimits));

  parts.registerMetrics?.(registry);
  registerOperations(app, parts, registry);
  if (parts.hasConsole) await registerConsole(app, parts, registry);
  await app.ready();
  return app;
}

/** The API with what describes it, and the pages. */
async function registerConsole(app: FastifyInstance, parts: HttpParts, registry: Registry): Promise<void> {
  const encodeEnvironment = createEnvironmentEncoder(parts.placementOf);
  const streams = createEventStreams(parts);
  const events = createEnvironmentEvents({ ...parts, encodeEnvironment });
  app.addHook('preClose', async () => {
    streams.close();
    events.close();
  });
  registerStreamMetrics(registry, streams);
  const routes = apiRoutes({ parts, encodeEnvironment, streams, events });
  registerApi(app, routes);
  registerReference(app, routes, parts.settings);
  await app.register(async (scope) => registerUi(scope, parts));
}

function serverOptions({ settings, serverFactory }: HttpParts): FastifyServerOptions {
  return {
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: (_address, hop) => hop < settings.trustedProxyHops,
    genReqId: createRequestIds(),
    forceCloseConnections: true,
    // While it closes, what is under way is still answered; `/readyz` says that no more should come.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAMETER_MAX_LENGTH },
    clientErrorHandler: answerClientError,
    schemaController: { compilersFactory: NO_ROUTE_SCHEMAS },
    frameworkErrors(error, request, reply) {
      const { problem, headers } = problemOf(error, request);
      void (reply as FastifyReply)
        .code(problem.status)
        .headers({ ...securityHeaders(settings), ...headers, 'x-request-id': request.id })
        .type(PROBLEM_MEDIA_TYPE)
        .send(JSON.stringify(problem));
    },
    ...(serverFactory ? { serverFactory } : {}),
  };
}

/** What every request passes first, also one that no route fits. */
function registerDoor(app: FastifyInstance, { settings }: HttpParts): void {
  const headers = securityHeaders(settings);
  const isConsoleHost = createHostCheck(settings);
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id);
    const known = isConsoleHost(request.headers.host ?? '') || ANY_HOST.has(request.url);
    done(known ? undefined : (misdirected() as unknown as FastifyError));
  });
}

function registerStreamMetrics(registry: Registry, streams: EventStreams): void {
  const gauges: readonly [string, string, () => number][] = [
    ['blueberry_event_streams', 'Clients that follow events or a log', () => streams.count()],
    [
      'blueberry_event_streams_dropped_total',
      'Clients that were dropped because they did not read',
      () => streams.dropped(),
    ],
  ];
  for (const [name, help, value] of gauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  }
}
