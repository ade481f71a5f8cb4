import { createServer, type Server } from 'node:http';
import type { FastifyServerFactory } from 'fastify';
import type { Gateway } from '../gateway/gateway.ts';

/** One server for both: previews go by their host name to the gateway, everything else is the console's. */
export function createServerFactory(gateway: Gateway): FastifyServerFactory {
  return (handleConsole): Server => {
    // Uploads to previews take as long as they take; slow headers are still cut off, and the console limits its bodies.
    const server = createServer({ requestTimeout: 0 }, (request, response) => {
      if (gateway.matches(request.headers.host) !== null) gateway.handleRequest(request, response);
      else handleConsole(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      if (gateway.matches(request.headers.host) !== null) gateway.handleUpgrade(request, socket, head);
      else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    });
    // Without it a client that waits for "100 Continue" would never send its body through the gateway.
    server.on('checkContinue', (request, response) => {
      if (gateway.matches(request.headers.host) !== null) {
        gateway.handleRequest(request, response);
        return;
      }
      response.writeContinue();
      handleConsole(request, response);
    });
    return server;
  };
}
