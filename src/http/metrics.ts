import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface HttpMetrics {
  readonly registry: Registry;
}

/** A registry of its own, so that several servers can live in one process. */
export function registerMetrics(app: FastifyInstance): HttpMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'blueberry_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its reply, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });

  /** Finding a time series by its labels costs more than counting in it. */
  const series = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();

  app.addHook('onResponse', (request, reply, done) => {
    // The pattern of the route, never the path: the number of time series has to stay bounded.
    const route = request.routeOptions.url ?? 'none';
    const key = `${request.method} ${String(reply.statusCode)} ${route}`;
    let one = series.get(key);
    if (one === undefined) {
      one = durations.labels(request.method, route, String(reply.statusCode));
      series.set(key, one);
    }
    one.observe(reply.elapsedTime / 1000);
    done();
  });
  return { registry };
}
