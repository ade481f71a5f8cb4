import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Failure } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentRuntime } from '../ports/environment-runtime.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { Log } from '../ports/log.ts';
import type { EnvironmentService } from '../services/environment-service.ts';
import { createExchange, requestFault, responseOver, type Exchange } from './exchange.ts';
import { forwardRequest, type ForwardParts } from './forward-request.ts';
import { forwardUpgrade, isWebSocketUpgrade } from './forward-upgrade.ts';
import { troubleNotice } from './notices.ts';
import { STATUS_PATH } from './page-script.ts';
import { createPreviewConnections } from './preview-connections.ts';
import { createPreviewHostMatch } from './preview-host.ts';
import { createPreviewService, type Forward } from './preview-service.ts';
import { sendNotice } from './replies.ts';
import { hasBody } from './request-headers.ts';
import { createVisits } from './visits.ts';
import { createWaker } from './wake.ts';

export interface GatewaySettings {
  /** Environments are at `NAME.PREVIEW_DOMAIN`. */
  readonly previewDomain: string;
  /** Origin of the console, without a slash at the end. */
  readonly consoleUrl: string;
  /** How long a request may be held while an environment wakes. */
  readonly wakeTimeoutMs: number;
  /** Milliseconds without a visit after which environments are put to sleep; 0: visits are not noted. */
  readonly idleSleepMs: number;
  /** How many proxies in front of this server may be believed about `X-Forwarded-For` and `-Proto`; 0: none. */
  readonly trustedProxyHops: number;
  /** Kept from previews like every API token, though it may not look like one. */
  readonly bootstrapToken: string | null;
}

export interface GatewayParts {
  readonly store: EnvironmentStore;
  readonly environments: Pick<EnvironmentService, 'wakeEnvironment'>;
  readonly runtime: Pick<EnvironmentRuntime, 'connect' | 'watch'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: GatewaySettings;
}

/**
 * Preview traffic by host name, for a server of node:http. That server must not limit the time of a whole request
 * (`requestTimeout: 0`), since uploads take as long as they take.
 */
export interface Gateway {
  /** First label of a preview's host, in lower case; null for every host that is not a preview's. */
  matches(host: string | undefined): string | null;
  /** For `request` and `checkContinue` of hosts that match. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  /** For `upgrade` of hosts that match. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends WebSockets and event streams, lets other requests finish for a while, and writes down the last visits. */
  close(): Promise<void>;
}

const CLOSE_MS = 5_000;

export function createGateway({ store, environments, runtime, clock, log, settings }: GatewayParts): Gateway {
  const { consoleUrl, wakeTimeoutMs, idleSleepMs, trustedProxyHops, bootstrapToken } = settings;
  const match = createPreviewHostMatch(settings.previewDomain);
  const closing = new AbortController();
  const connections = createPreviewConnections({ runtime, clock });
  const visits = createVisits({ store, clock, log, idleSleepMs });
  const waker = createWaker({ store, environments, clock });
  const service = createPreviewService({
    ...{ store, clock, log, waker, visits, consoleUrl, wakeTimeoutMs },
    closing: closing.signal,
  });
  const forwarding: ForwardParts = { connections, rules: { trustedProxyHops, bootstrapToken } };
  const running = new Map<Exchange, { readonly socket: Duplex; readonly done: Promise<void> }>();

  function begin(request: IncomingMessage, response: ServerResponse, socket: Duplex, forward: Forward): void {
    const exchange = createExchange(request, response, match(request.headers.host) ?? '', randomUUID());
    const done = respond(exchange, forward)
      .catch((error: unknown) => {
        sendNotice(exchange, troubleNotice(exchange.name, ownFailure(exchange, error)), consoleUrl);
      })
      .catch((error: unknown) => {
        // Nobody would catch this one, and the process would end.
        ownFailure(exchange, error);
        response.destroy();
      })
      .finally(() => running.delete(exchange));
    running.set(exchange, { socket, done });
  }

  async function respond(exchange: Exchange, forward: Forward): Promise<void> {
    const { request } = exchange;
    const fault = requestFault(request);
    if (fault !== null) throw new Failure('malformed', fault);
    if (closing.signal.aborted) {
      throw new Failure('unavailable', 'Blueberry is stopping. Try again in a moment.', { retryAfterSeconds: 2 });
    }
    const asksForStatus = request.url?.split('?', 1)[0] === STATUS_PATH;
    await (asksForStatus ? service.sendStatus(exchange) : service.serve(exchange, forward));
  }

  function ownFailure(exchange: Exchange, error: unknown): Failure {
    if (error instanceof Failure) return error;
    const fields = { request: exchange.id, error: error instanceof Error ? error.stack : String(error) };
    log.error(fields, 'A request for a preview failed on our side.');
    return new Failure(
      'unavailable',
      `Something went wrong on our side. Report it with the request id ${exchange.id}.`,
    );
  }

  return {
    matches: match,
    handleRequest(request, response) {
      begin(request, response, request.socket, (exchange, { environment }) =>
        forwardRequest(forwarding, exchange, environment),
      );
    },
    handleUpgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      begin(request, responseOver(request, socket), socket, async (exchange, { environment }) => {
        if (isWebSocketUpgrade(request)) return forwardUpgrade(forwarding, exchange, environment, socket, head);
        // Whoever offers another protocol may be answered without it (RFC 9110, section 7.8).
        if (!hasBody(request)) return forwardRequest(forwarding, exchange, environment);
        throw new Failure('malformed', 'Only WebSockets can be upgraded to. Leave the header Upgrade out.');
      });
    },
    async close() {
      closing.abort();
      for (const [{ endless }, { socket }] of running) if (endless) socket.destroy();
      const patience = new AbortController();
      const finished = Promise.all([...running.values()].map(({ done }) => done));
      await Promise.race([finished, clock.sleep(CLOSE_MS, patience.signal)]);
      patience.abort();
      for (const { socket } of running.values()) socket.destroy();
      connections.close();
      await visits.close();
    },
  };
}
