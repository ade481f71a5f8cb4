import { request as plainRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { ImageFailure } from '../../core/image-failure.ts';
import { allowedEndpoints, type Endpoint, type RegistryPolicy } from './registry-policy.ts';

export interface RegistryRequest {
  readonly method: 'HEAD' | 'GET';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body at most. */
  readonly maxBytes: number;
}

export interface RegistryReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How long one request may take, and who may call it off. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * One request and its whole reply, to an address that was checked just now. Redirects are replies like any other. Fails
 * with an `ImageFailure`.
 */
export async function exchange(
  { method, url, headers, maxBytes }: RegistryRequest,
  policy: RegistryPolicy,
  { timeoutMs, signal }: Patience,
): Promise<RegistryReply> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
  try {
    const endpoints = await unless(stop, allowedEndpoints(url, policy));
    const reply = await send(method, url, headers, endpoints, stop);
    return { status: reply.statusCode ?? 0, headers: reply.headers, body: await readBody(reply, url, maxBytes) };
  } catch (error) {
    if (signal?.aborted === true) throw new ImageFailure('called_off', `${url.host} is not asked any more`);
    if (timeout.aborted) {
      const seconds = String(Math.max(1, Math.round(timeoutMs / 1000)));
      throw new ImageFailure('timed_out', `${url.host} did not answer within ${seconds} seconds`);
    }
    if (error instanceof ImageFailure) throw error;
    throw failureOf(error, url);
  }
}

function send(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  endpoints: readonly Endpoint[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === 'http:' ? plainRequest : tlsRequest;
  return new Promise((resolve, reject) => {
    const options = { method, signal, agent: false, lookup: pinnedTo(endpoints) } as const;
    const outgoing = request(url, {
      ...options,
      headers: { 'user-agent': 'blueberry', 'accept-encoding': 'identity', ...headers },
    });
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function readBody(reply: IncomingMessage, url: URL, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the stream, and the connection with it.
    if (bytes > maxBytes) throw new ImageFailure('invalid_answer', `${url.host} answers with more than can be taken`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whatever the name would lead to by now, only what was checked is dialled. */
function pinnedTo(endpoints: readonly Endpoint[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = endpoints;
    if (options.all === true) callback(null, [...endpoints]);
    else if (first) callback(null, first.address, first.family);
    else callback(new Error('no address'), '');
  };
}

/** A look-up of a name can't be called off; nobody waits for it then. */
async function unless<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  stop.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  const abort = (): void => {
    stopped.reject(new Error('stopped'));
  };
  stop.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    stop.removeEventListener('abort', abort);
  }
}

function failureOf(error: unknown, { host, hostname }: URL): ImageFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code.startsWith('HPE_')) return new ImageFailure('invalid_answer', `${host} does not speak HTTP (${code})`);
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    const way = `name it as http://${hostname} in ALLOWED_PRIVATE_REGISTRY_HOSTS if that is meant`;
    return new ImageFailure('unreachable', `${host} does not speak TLS; ${way}`);
  }
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER/.test(code)) {
    return new ImageFailure('unreachable', `the certificate of ${host} can't be trusted (${code})`);
  }
  return new ImageFailure('unreachable', `${host} can't be reached (${code})`);
}
