import type { FastifyReply, FastifyRequest } from 'fastify';
import { visibilityOf, type Actor, type Scope } from '../../core/permissions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { actorOfCredential, credentialOf, type AuthenticationParts, type Credential } from '../authentication.ts';
import type { HttpSettings } from '../parts.ts';
import { actorOf } from '../request-context.ts';

/** A reply that stays open and sends events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface EventStream {
  readonly actor: Actor;
  /** Aborted when the client is gone, was dropped, or must not listen any more. */
  readonly signal: AbortSignal;
  /** Sends text in the form of the protocol. A client that does not read fast enough is dropped. */
  send(text: string): void;
  /** Resolves when the client has taken what was sent, or is gone. */
  drained(): Promise<void>;
  end(): void;
}

/** All open streams of this process; they share one timer for heartbeats and one for their credentials. */
export interface EventStreams {
  open(request: FastifyRequest, reply: FastifyReply, scope: Scope): EventStream;
  count(): number;
  /** How many clients were dropped because they did not read. */
  dropped(): number;
  /** Ends every stream; clients come back by themselves, to whoever answers then. */
  close(): void;
}

export interface EventStreamsParts extends AuthenticationParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pick<HttpSettings, 'secureCookies' | 'stream'>;
}

interface OpenStream extends EventStream {
  readonly credential: Credential | null;
  readonly scope: Scope;
}

const LAST_READ_MS = 5_000;
const HEARTBEAT = ': heartbeat\n\n';

export function createEventStreams(parts: EventStreamsParts): EventStreams {
  const { clock, log, settings } = parts;
  const { heartbeatMs, reauthorizeMs, maxBufferedBytes, retryMs } = settings.stream;
  const streams = new Set<OpenStream>();
  let dropped = 0;
  let cancelTimers: (() => void) | null = null;

  function startTimers(): void {
    const heartbeat = every(clock, heartbeatMs, () => {
      for (const stream of streams) stream.send(HEARTBEAT);
    });
    const reauthorization = every(clock, reauthorizeMs, () => void reauthorize());
    cancelTimers = () => {
      heartbeat();
      reauthorization();
    };
  }

  /** Ends the streams whose credential has ended, or shows or allows something else by now. */
  async function reauthorize(): Promise<void> {
    const answers = new Map<string, Promise<Actor | null>>();
    for (const stream of [...streams]) {
      if (stream.credential === null || stream.signal.aborted) continue;
      const key = JSON.stringify(stream.credential);
      const answer = answers.get(key) ?? actorOfCredential(parts, stream.credential);
      answers.set(key, answer);
      try {
        const actor = await answer;
        if (actor === null || !actor.scopes.has(stream.scope) || !seesTheSame(actor, stream.actor)) stream.end();
      } catch (error) {
        log.warn({ error: String(error) }, 'Whether open event streams may go on could not be checked; trying again.');
        return;
      }
    }
  }

  return {
    open(request, reply, scope) {
      const { raw } = reply;
      const gone = new AbortController();
      reply.hijack();
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
      });
      const stream: OpenStream = {
        actor: actorOf(request),
        credential: credentialOf(request, parts),
        scope,
        signal: gone.signal,
        send(text) {
          if (gone.signal.aborted) return;
          // What waits from before counts: one long event is no sign of a slow client.
          if (raw.writableLength <= maxBufferedBytes) {
            raw.write(text);
            return;
          }
          dropped += 1;
          raw.destroy();
        },
        drained() {
          if (!raw.writableNeedDrain || gone.signal.aborted) return Promise.resolve();
          return new Promise((resolve) => {
            const done = (): void => {
              raw.off('drain', done);
              raw.off('close', done);
              resolve();
            };
            raw.on('drain', done);
            raw.on('close', done);
          });
        },
        end() {
          if (gone.signal.aborted) return;
          raw.end();
          gone.abort();
          // Who does not even read the rest is not waited for.
          const cancel = clock.schedule(LAST_READ_MS, () => raw.destroy());
          raw.on('close', cancel);
        },
      };
      raw.on('error', () => raw.destroy());
      raw.on('close', () => {
        streams.delete(stream);
        gone.abort();
        if (streams.size > 0) return;
        cancelTimers?.();
        cancelTimers = null;
      });
      streams.add(stream);
      if (cancelTimers === null) startTimers();
      // Spread, so that after a restart not everybody comes back in the same moment.
      stream.send(`retry: ${String(Math.round(retryMs * (1 + Math.random())))}\n\n`);
      return stream;
    },
    count: () => streams.size,
    dropped: () => dropped,
    close() {
      for (const stream of streams) stream.end();
    },
  };
}

function seesTheSame(left: Actor, right: Actor): boolean {
  return JSON.stringify(visibilityOf(left)) === JSON.stringify(visibilityOf(right));
}

/** Calls back again and again until the returned function is called. */
function every(clock: Clock, milliseconds: number, callback: () => void): () => void {
  let cancel = clock.schedule(milliseconds, tick);
  function tick(): void {
    cancel = clock.schedule(milliseconds, tick);
    callback();
  }
  return () => {
    cancel();
  };
}
