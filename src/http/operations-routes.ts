import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { HttpParts } from './parts.ts';

/** What machines ask for: is it alive, may it get traffic, how is it doing. */
export function registerOperations(app: FastifyInstance, parts: HttpParts, metrics: Registry): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });

  app.get('/healthz', async () => ({ status: 'ok', version: parts.settings.version }));

  app.get('/readyz', async (_request, reply) => {
    const checks = closing ? [{ name: 'server', ok: false, message: 'It is shutting down.' }] : await parts.readiness();
    const ready = checks.every(({ ok }) => ok);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks });
  });

  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
}
