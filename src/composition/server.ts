import { createServer, type Server } from 'node:http';
import type { FastifyServerFactory } from 'fastify';
import type { Gateway } from '../gateway/gateway.ts';

export interface ServerTimeouts {
  /** Longest time that a client may take for the headers of a request. */
  readonly headersMs: number;
  /** How often that is looked at. */
  readonly checkEveryMs: number;
}

const TIMEOUTS: ServerTimeouts = { headersMs: 60_000, checkEveryMs: 30_000 };

/** One server for both: previews go by their host name to the gateway where there is one, everything else is the console's. */
export function createServerFactory(
  gateway: Gateway | null,
  { headersMs, checkEveryMs }: ServerTimeouts = TIMEOUTS,
): FastifyServerFactory {
  const gatewayFor = (host: string | undefined): Gateway | null =>
    gateway !== null && gateway.matches(host) !== null ? gateway : null;
  return (handleConsole): Server => {
    // Uploads to previews take as long as they take; the console limits its bodies itself. Left out, the time for the
    // headers would be that for the whole request: none.
    const times = { requestTimeout: 0, headersTimeout: headersMs, connectionsCheckingInterval: checkEveryMs };
    const server = createServer(times, (request, response) => {
      const preview = gatewayFor(request.headers.host);
      if (preview !== null) preview.handleRequest(request, response);
      else handleConsole(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      const preview = gatewayFor(request.headers.host);
      if (preview !== null) preview.handleUpgrade(request, socket, head);
      else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    });
    // Without it a client that waits for "100 Continue" would never send its body through the gateway.
    server.on('checkContinue', (request, response) => {
      const preview = gatewayFor(request.headers.host);
      if (preview !== null) {
        preview.handleRequest(request, response);
        return;
      }
      response.writeContinue();
      handleConsole(request, response);
    });
    return server;
  };
}
