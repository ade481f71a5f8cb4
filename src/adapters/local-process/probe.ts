import { request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface ProbeTarget {
  readonly port: number;
  /** Null: any answer below 500 to `/` is a healthy one. Else 2xx and 3xx of this path are. */
  readonly path: string | null;
  /** The Host header. */
  readonly host: string;
}

/** `closed`: nobody listens. `unhealthy`: somebody does, and this is what is wrong, as the end of a sentence. */
export type ProbeResult =
  | { readonly state: 'closed' }
  | { readonly state: 'unhealthy'; readonly address: string; readonly detail: string; readonly status: number | null }
  | { readonly state: 'healthy'; readonly address: string };

/** Programs differ in which of the two they call localhost. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;
const CONNECT_TIMEOUT_MS = 1_000;
/** What a probe does not read of an answer, it cuts off after this long. */
const BODY_TIMEOUT_MS = 1_000;

/** @param timeoutMs for the head of the answer. */
export async function probe(target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const sockets = await Promise.all(LOOPBACK.map((address) => connected(address, target.port)));
  const open = sockets.flatMap((socket, index) => (socket ? [{ socket, address: LOOPBACK[index] ?? '' }] : []));
  for (const { socket } of open.slice(1)) socket.destroy();
  const first = open[0];
  if (!first) return { state: 'closed' };
  return ask(target, first.address, first.socket, timeoutMs);
}

/** Null where nobody listens. */
function connected(host: string, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const refuse = (): void => {
      socket.destroy();
      resolve(null);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, refuse).once('error', refuse);
    socket.once('connect', () => {
      socket.setTimeout(0).off('error', refuse).off('timeout', refuse);
      resolve(socket);
    });
  });
}

function ask(target: ProbeTarget, address: string, socket: Socket, timeoutMs: number): Promise<ProbeResult> {
  const path = target.path ?? '/';
  return new Promise((resolve) => {
    const unhealthy = (detail: string, status: number | null): void => {
      resolve({ state: 'unhealthy', address, detail, status });
    };
    const sent = request({
      createConnection: () => socket,
      path,
      headers: { host: target.host, accept: '*/*', 'user-agent': 'blueberry-probe', connection: 'close' },
    });
    const timer = setTimeout(() => {
      unhealthy(`${path} did not answer within ${timeoutMs / 1000} s`, null);
      sent.destroy();
    }, timeoutMs);
    sent.once('response', (response) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      const healthy = target.path === null ? status < 500 : status >= 200 && status < 400;
      if (healthy) resolve({ state: 'healthy', address });
      else unhealthy(`${path} answers ${status}`, status);
      const cut = setTimeout(() => sent.destroy(), BODY_TIMEOUT_MS);
      response.once('close', () => {
        clearTimeout(cut);
      });
      response.resume();
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code?.startsWith('HPE_')) unhealthy(`what answers ${path} is not HTTP`, null);
      else unhealthy(`${path} gave no answer (${error.code ?? error.message})`, null);
    });
    sent.end();
  });
}

/** A connection that is open when it is given; one that fails later says so by itself. */
export function openConnection(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
