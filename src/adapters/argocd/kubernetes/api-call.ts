import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../ports/clock.ts';
import { createApiTransport, type ApiAnswer, type ApiRequest } from './api-transport.ts';
import { backoffMs } from './backoff.ts';
import type { ClusterAccess, ClusterTarget } from './cluster-access.ts';
import { ConnectionFailure } from './connection-failure.ts';
import { failureOfAnswer, failureOfConnection, type CallPurpose } from './failure-of.ts';
import { isKubernetesFailure, KubernetesFailure } from './kubernetes-failure.ts';

/** Calls with a meaning: a failure is a `KubernetesFailure`, and a question is asked again where that is safe. */
export interface ApiCalls {
  /** The answer's JSON. `timeoutMs` is for all tries together. */
  call(purpose: CallPurpose, request: ApiRequest): Promise<unknown>;
  /** An answer that goes on; asked for once. */
  open(purpose: CallPurpose, request: ApiRequest): Promise<IncomingMessage>;
  close(): void;
}

const TRIES = 5;
const BACKOFF = { firstMs: 100, longestMs: 2_000 };
/** What says no in the middle of a stream's beginning is short. */
const REFUSAL_MAX_BYTES = 64 * 1024;

export function createApiCalls(access: ClusterAccess, clock: Clock): ApiCalls {
  const transport = createApiTransport();

  /** Asks once more with credentials read anew when the API server does not know us: it has done nothing then. */
  async function withTarget<T>(purpose: CallPurpose, use: (target: ClusterTarget) => Promise<T>): Promise<T> {
    const target = await access.target();
    try {
      return await attempt(purpose, target, use);
    } catch (error) {
      if (!isKubernetesFailure(error, 'unauthorized') || !(await access.reload(target))) throw error;
      return await attempt(purpose, await access.target(), use);
    }
  }

  async function once(purpose: CallPurpose, request: ApiRequest): Promise<unknown> {
    const answer = await withTarget(purpose, async (target) => {
      const given = await transport.send(target, request);
      if (given.status >= 300) throw failureOfAnswer(purpose, given);
      return given;
    });
    return parse(purpose, answer);
  }

  return {
    async call(purpose, request) {
      const end = performance.now() + request.timeoutMs;
      for (let tries = 1; ; tries += 1) {
        const timeoutMs = Math.max(1, end - performance.now());
        try {
          return await once(purpose, { ...request, timeoutMs });
        } catch (error) {
          if (!purpose.isRead || tries === TRIES) throw error;
          const delayMs = delayBeforeRepeat(error, tries);
          if (delayMs === null || performance.now() + delayMs >= end) throw error;
          await clock.sleep(delayMs, request.signal);
          request.signal?.throwIfAborted();
        }
      }
    },
    open: (purpose, request) =>
      withTarget(purpose, async (target) => {
        const incoming = await transport.open(target, request);
        const status = incoming.statusCode ?? 0;
        if (status === 200) return incoming;
        const body = await readRefusal(incoming, request.timeoutMs);
        throw failureOfAnswer(purpose, { status, headers: incoming.headers, body });
      }),
    close: () => transport.close(),
  };
}

async function attempt<T>(
  purpose: CallPurpose,
  target: ClusterTarget,
  use: (target: ClusterTarget) => Promise<T>,
): Promise<T> {
  try {
    return await use(target);
  } catch (error) {
    if (error instanceof ConnectionFailure) throw failureOfConnection(purpose, target.server, error);
    throw error;
  }
}

/** Null where asking again is no use. */
function delayBeforeRepeat(error: unknown, tries: number): number | null {
  if (!(error instanceof KubernetesFailure)) return null;
  if (error.kind !== 'too_many_requests' && error.kind !== 'unavailable') return null;
  return Math.max(backoffMs(BACKOFF, tries), error.retryAfterMs ?? 0);
}

function parse(purpose: CallPurpose, answer: ApiAnswer): unknown {
  try {
    return JSON.parse(answer.body) as unknown;
  } catch {
    throw failureOfAnswer(purpose, answer);
  }
}

async function readRefusal(incoming: IncomingMessage, timeoutMs: number): Promise<string> {
  const timer = setTimeout(() => incoming.destroy(), timeoutMs);
  let text = '';
  try {
    for await (const chunk of incoming.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > REFUSAL_MAX_BYTES) break;
    }
  } catch {
    // What came of it has to do.
  } finally {
    clearTimeout(timer);
    incoming.destroy();
  }
  return text;
}
