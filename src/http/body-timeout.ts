import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../ports/clock.ts';
import { answerClientError } from './error-handling.ts';

/** Longest time that a client may take for the body of its request. */
const BODY_TIMEOUT_MS = 60_000;

/**
 * Gives up on bodies that don't arrive. The server can't do that: it is shared with previews, whose uploads take as long
 * as they take.
 */
export function registerBodyTimeout(app: FastifyInstance, clock: Clock): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw, headers } = request;
    if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') {
      const cancel = clock.schedule(BODY_TIMEOUT_MS, () => {
        cutOff(raw.socket, reply.raw.headersSent);
      });
      raw.once('close', cancel);
    }
    done();
  });
}

/** @param answered whether words of ours would end up in the middle of an answer, or behind it */
function cutOff(socket: Socket, answered: boolean): void {
  if (answered) socket.destroy();
  else
    answerClientError(
      Object.assign(new Error('The body did not arrive.'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
      socket,
    );
}
