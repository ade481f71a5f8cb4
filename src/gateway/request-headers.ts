import type { IncomingMessage } from 'node:http';

/** Meant for one connection alone (RFC 9110, section 7.6.1), and so never passed on. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** For the application, whatever a Connection header says: without them a request would become another one. */
const END_TO_END: ReadonlySet<string> = new Set(['authorization', 'content-length', 'cookie', 'host']);

/** Cookies that sign people in to the console. */
const CONSOLE_COOKIES: ReadonlySet<string> = new Set(['blueberry', '__Host-blueberry']);
const CONSOLE_TOKEN = /^bb_/;

export interface RequestHeaderRules {
  /** How many proxies in front of the gateway are believed about `X-Forwarded-For` and `-Proto`; 0: none. */
  readonly trustedProxyHops: number;
  /** An API token that does not look like one, and has to be kept from previews too; null where there is none. */
  readonly bootstrapToken: string | null;
}

/**
 * Headers for the application, as a flat list of names and values: those of the visitor without what is meant for this
 * connection, what signs in to the console, and what claims to come from a proxy.
 */
export function forwardedRequestHeaders(request: IncomingMessage, rules: RequestHeaderRules): string[] {
  const dropped = connectionHeaders(request.headers.connection);
  const chunked = request.headers['transfer-encoding'] !== undefined;
  const headers: string[] = [];
  for (const [name, value] of headerPairs(request.rawHeaders)) {
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || dropped.has(key) || isForwardingClaim(key) || key === 'expect') continue;
    // Only chunks have a place for trailers, and Node.js sends none that are announced without.
    if (key === 'trailer' && !chunked) continue;
    if (key === 'cookie') {
      const cookie = withoutConsoleCookies(value);
      if (cookie !== '') headers.push(name, cookie);
    } else if (key !== 'authorization' || !isConsoleToken(value, rules.bootstrapToken)) {
      headers.push(name, value);
    }
  }
  if (chunked) headers.push('Transfer-Encoding', 'chunked');
  else if (mayHaveBody(request) && request.headers['content-length'] === undefined) headers.push('Content-Length', '0');
  const { address, protocol } = visitorOf(request, rules.trustedProxyHops);
  headers.push('X-Forwarded-For', address);
  headers.push('X-Forwarded-Host', request.headers.host ?? '');
  headers.push('X-Forwarded-Proto', protocol);
  return headers;
}

export function* headerPairs(raw: readonly string[]): Iterable<readonly [string, string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) yield [raw[index] ?? '', raw[index + 1] ?? ''];
}

/** Names that a Connection header declares to be meant for that connection alone, and may. */
export function connectionHeaders(connection: string | undefined): ReadonlySet<string> {
  const names = (connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !END_TO_END.has(name)));
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function mayHaveBody({ method }: IncomingMessage): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

function isForwardingClaim(key: string): boolean {
  return key === 'forwarded' || key === 'x-real-ip' || key.startsWith('x-forwarded-');
}

function withoutConsoleCookies(cookie: string): string {
  return cookie
    .split(';')
    .filter((pair) => !CONSOLE_COOKIES.has((pair.split('=', 1)[0] ?? '').trim()))
    .join(';')
    .trim();
}

function isConsoleToken(authorization: string, bootstrapToken: string | null): boolean {
  const token = /^bearer\s+(.*)$/i.exec(authorization.trim())?.[1];
  return token !== undefined && (CONSOLE_TOKEN.test(token) || token === bootstrapToken);
}

/** The visitor as the outermost trusted proxy saw them; without one, as they connected. */
function visitorOf(request: IncomingMessage, hops: number): { address: string; protocol: string } {
  const connected = request.socket.remoteAddress ?? '';
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  if (hops === 0) return { address: connected, protocol: scheme };
  const seen = [...listOf(request, 'x-forwarded-for'), connected];
  const protocols = listOf(request, 'x-forwarded-proto');
  const protocol = protocols[Math.max(0, protocols.length - hops)];
  return {
    address: seen[Math.max(0, seen.length - 1 - hops)] ?? connected,
    protocol: protocol === 'https' || protocol === 'http' ? protocol : scheme,
  };
}

function listOf(request: IncomingMessage, name: string): string[] {
  const values = [request.headers[name] ?? []].flat();
  return values.flatMap((value) => value.split(',')).map((part) => part.trim());
}
