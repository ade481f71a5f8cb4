import type { IncomingMessage } from 'node:http';
import { connectionHeaders, headerPairs, HOP_BY_HOP } from './request-headers.ts';

/** Said by the gateway alone, so that what an application says under these names is not passed on. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['blueberry-environment', 'blueberry-revision']);

/** Trailers that would be taken for what belongs in front of the body (RFC 9110, section 6.5.1). */
const NO_TRAILERS: ReadonlySet<string> = new Set(['authorization', 'content-length', 'cookie', 'host', 'set-cookie']);

export interface ServedBy {
  /** Host name of the preview, without a port. */
  readonly host: string;
  readonly name: string;
  /** Null where it is not known any more. */
  readonly commit: string | null;
  /** Whether the answer is passed on in chunks, and so has a place for trailers. */
  readonly chunked: boolean;
}

/**
 * Headers for the visitor, as a flat list of names and values: those of the application without what is meant for the
 * connection to it, its cookies bound to its own host, and which commit has answered.
 */
export function forwardedResponseHeaders(answer: IncomingMessage, servedBy: ServedBy): string[] {
  const dropped = connectionHeaders(answer.headers.connection);
  const headers: string[] = [];
  for (const [name, value] of headerPairs(answer.rawHeaders)) {
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || dropped.has(key) || OWN_HEADERS.has(key)) continue;
    if (key === 'trailer' && !servedBy.chunked) continue;
    headers.push(name, key === 'set-cookie' ? boundToHost(value, servedBy.host) : value);
  }
  headers.push('Blueberry-Environment', servedBy.name);
  if (servedBy.commit !== null) headers.push('Blueberry-Revision', servedBy.commit);
  return headers;
}

export function forwardedTrailers(raw: readonly string[]): [string, string][] {
  return [...headerPairs(raw)]
    .filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && !NO_TRAILERS.has(name.toLowerCase()))
    .map(([name, value]) => [name, value]);
}

/** A cookie for a parent domain would reach the console and every other preview: without `Domain` it stays here. */
function boundToHost(cookie: string, host: string): string {
  const [pair, ...attributes] = cookie.split(';');
  const kept = attributes.filter((attribute) => {
    const [name = '', value = ''] = attribute.split('=', 2);
    return name.trim().toLowerCase() !== 'domain' || value.trim().toLowerCase().replace(/^\./, '') === host;
  });
  return [pair, ...kept].join(';');
}
