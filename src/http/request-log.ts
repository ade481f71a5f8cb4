import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Log } from '../ports/log.ts';
import { isUnsafe } from './csrf.ts';
import { pathOf } from './request-context.ts';

/** Ids that no two requests share, also of different processes, and that cost next to nothing. */
export function createRequestIds(): () => string {
  const process = randomBytes(6).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `req_${process}${count.toString(36).padStart(6, '0')}`;
  };
}

/**
 * One line for each request, without its query. Reads that went well are of level debug: at thousands in a second they
 * are what the metrics are for.
 */
export function registerRequestLog(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const { statusCode } = reply;
    const fields = {
      request_id: request.id,
      method,
      path: pathOf(request),
      status: statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      actor: request.actor?.userId ?? null,
    };
    if (statusCode < 400 && !isUnsafe(method)) log.debug(fields, 'Request');
    else log.info(fields, 'Request');
    done();
  });
}
