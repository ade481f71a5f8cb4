import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { Log } from '../ports/log.ts';
import { isNavigation, type Exchange } from './exchange.ts';
import type { Outcome } from './forward-request.ts';
import { failureOf, noticeOf, troubleNotice } from './notices.ts';
import { resolveTarget, type PreviewTarget } from './preview-target.ts';
import { sendJson, sendNotice } from './replies.ts';
import type { Visits } from './visits.ts';
import type { Waker } from './wake.ts';

type Serving = Extract<PreviewTarget, { kind: 'serving' }>;

/** One attempt to pass an exchange on to what serves. */
export type Forward = (exchange: Exchange, target: Serving) => Promise<Outcome>;

export interface PreviewServiceParts {
  readonly store: EnvironmentStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly waker: Waker;
  readonly visits: Visits;
  readonly consoleUrl: string;
  readonly wakeTimeoutMs: number;
  /** Aborts when nobody is to be kept waiting any more. */
  readonly closing: AbortSignal;
}

/** Decides what to do with a request for a preview. */
export interface PreviewService {
  /** Passes it on, waking the environment where it is asleep, or says why not. */
  serve(exchange: Exchange, forward: Forward): Promise<void>;
  /** Tells the live page how things are. Neither a visit nor a reason to wake. */
  sendStatus(exchange: Exchange): Promise<void>;
}

/** A browser sees the live page when waking takes longer than this; a program is held. */
const PATIENCE_OF_PEOPLE_MS = 1_500;
const HELD_MAX = 1_000;
/** Before each attempt to reach an application that may just have been swapped or restarted. */
const ATTEMPT_DELAYS_MS = [0, 100, 300];

export function createPreviewService(parts: PreviewServiceParts): PreviewService {
  const { store, clock, log, waker, visits, consoleUrl, wakeTimeoutMs, closing } = parts;
  let held = 0;

  /** What the name leads to, once it has woken where it was asleep. */
  async function awake({ request, name, signal }: Exchange): Promise<PreviewTarget> {
    const target = await resolveTarget(store, name);
    if (target.kind === 'asleep') await waker.wake(target.environment.metadata.id);
    else if (target.kind !== 'waking') return target;
    if (held >= HELD_MAX) return resolveTarget(store, name);
    held += 1;
    const patienceMs = isNavigation(request) ? Math.min(PATIENCE_OF_PEOPLE_MS, wakeTimeoutMs) : wakeTimeoutMs;
    return waker.whenServing(name, patienceMs, AbortSignal.any([signal, closing])).finally(() => {
      held -= 1;
    });
  }

  return {
    async serve(exchange, forward) {
      let lastError: unknown;
      for (const delayMs of ATTEMPT_DELAYS_MS) {
        if (delayMs > 0) await clock.sleep(delayMs, exchange.signal);
        const target = await awake(exchange);
        if (exchange.signal.aborted) return;
        if (target.kind !== 'serving') {
          sendNotice(exchange, noticeOf(target, consoleUrl), consoleUrl);
          return;
        }
        const { name, nameVersion, environment } = target;
        const endVisit = visits.begin({ id: environment.metadata.id, name, nameVersion });
        const outcome = await forward(exchange, target).finally(endVisit);
        if (outcome.state === 'done') return;
        lastError = outcome.error;
        if (!outcome.repeatable) break;
      }
      const fields = { environment: exchange.name, request: exchange.id, error: String(lastError) };
      log.info(fields, 'A request could not be passed on to a preview.');
      sendNotice(exchange, troubleNotice(exchange.name, failureOf(exchange.name, lastError)), consoleUrl);
    },
    async sendStatus(exchange) {
      const target = await resolveTarget(store, exchange.name);
      if (target.kind === 'unknown' || target.kind === 'gone') {
        sendNotice(exchange, noticeOf(target, consoleUrl), consoleUrl);
        return;
      }
      const { metadata, spec, status } = target.environment;
      sendJson(exchange, 200, {
        name: metadata.name,
        status: status.phase,
        message: status.message,
        asleep: spec.asleep,
        ready: target.kind === 'serving',
      });
    },
  };
}
