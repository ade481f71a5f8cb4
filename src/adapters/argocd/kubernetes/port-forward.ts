import WebSocket from 'ws';
import { ConnectionFailure } from './connection-failure.ts';
import { failureOfAnswer, failureOfConnection } from './failure-of.ts';
import { ForwardedConnection } from './forwarded-connection.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { objectPath, pods } from './resources.ts';

export interface PortForwardTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
  /** So often the connection is tried, so that one that has died in silence ends. Left out: 15 seconds. */
  readonly heartbeatMs?: number | undefined;
}

/** One connection a WebSocket: channel 0 carries the bytes, channel 1 what went wrong at the pod. */
const PROTOCOL = 'v4.channel.k8s.io';
const OPEN_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 15_000;
const REFUSAL_MAX_BYTES = 64 * 1024;

/**
 * Opens a connection to a port of a pod through the API server, as `kubectl port-forward` does. The account needs the
 * rights to `get` and `create` pods/portforward. That nobody listens there is only known afterwards, when the
 * connection ends with an error. Fails with a `KubernetesFailure`.
 */
export async function openPortForward(
  client: Pick<KubernetesClient, 'target'>,
  { namespace, pod, port, signal, heartbeatMs = HEARTBEAT_MS }: PortForwardTarget,
): Promise<ForwardedConnection> {
  signal?.throwIfAborted();
  const purpose = { action: `reach port ${String(port)} of Pod ${namespace}/${pod}`, isRead: true };
  const { server, headers, tls, proxy } = await client.target();
  const path = `${objectPath(pods, { namespace, name: pod })}/portforward?ports=${String(port)}`;
  const address = `wss://${server.host}${server.pathname.replace(/\/$/, '')}${path}`;
  const socket = new WebSocket(address, [PROTOCOL], {
    ...tls,
    headers: { ...headers, 'user-agent': 'blueberry' },
    agent: proxy,
    perMessageDeflate: false,
    handshakeTimeout: OPEN_TIMEOUT_MS,
  });
  const connection = new ForwardedConnection(socket, heartbeatMs);

  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      signal?.removeEventListener('abort', abort);
      connection.on('error', () => undefined).destroy();
      reject(error);
    };
    const abort = (): void => fail(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('open', () => {
      socket.off('error', refuse);
      signal?.removeEventListener('abort', abort);
      resolve(connection);
    });
    const refuse = (cause: Error): void => {
      const failure = new ConnectionFailure(cause.message, { isTimeout: false, mayHaveArrived: true, cause });
      fail(failureOfConnection(purpose, server, failure));
    };
    socket.once('error', refuse);
    socket.once('unexpected-response', (_request, answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        if (body.length < REFUSAL_MAX_BYTES) body += text;
      });
      answer.once('close', () => {
        fail(failureOfAnswer(purpose, { status: answer.statusCode ?? 0, headers: answer.headers, body }));
      });
    });
  });
}
