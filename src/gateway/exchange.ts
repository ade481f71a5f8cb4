import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One request for a preview, and its reply. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Name that the host leads to; whether anything has it is another question. */
  readonly name: string;
  readonly id: string;
  /** Aborted when the visitor is gone before the reply is whole. */
  readonly signal: AbortSignal;
  /** Set where the reply is a stream of events, which ends when somebody ends it. */
  endless: boolean;
}

export function createExchange(request: IncomingMessage, response: ServerResponse, name: string, id: string): Exchange {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return { request, response, name, id, signal: gone.signal, endless: false };
}

/** A reply over the bare socket that an upgrade leaves behind, for when there is nothing to upgrade to. */
export function responseOver(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once('finish', () => socket.end());
  return response;
}

/** Whether somebody reads the reply in a browser, rather than a program. */
export function isNavigation({ headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode'];
  return (headers.accept ?? '').includes('text/html') && (mode === undefined || mode === 'navigate');
}

/** What keeps a request from being passed on safely; null where nothing does. Its URL is brought to the origin form. */
export function requestFault(request: IncomingMessage): string | null {
  const { headers, rawHeaders } = request;
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length !== 1) return 'The request must have exactly one Host header.';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return 'Of the transfer codings only chunked is understood. Send the body chunked or with a Content-Length.';
  }
  const target = request.url ?? '';
  if (target.startsWith('/') || (target === '*' && request.method === 'OPTIONS')) return null;
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (absolute?.[1]?.toLowerCase() !== headers.host?.toLowerCase()) {
    return 'The URL of the request and its Host header must name the same host.';
  }
  const path = absolute?.[2] ?? '';
  request.url = path.startsWith('/') ? path : `/${path}`;
  return null;
}
