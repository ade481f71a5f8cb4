import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What becomes of a connection that is made: it is passed on, accepted and then left alone, or reset at once. */
export type Acceptance = 'pass' | 'hang' | 'refuse';

/** Stands between a client and a server on loopback, and plays the network. */
export interface TcpProxy {
  readonly port: number;
  acceptance: Acceptance;
  /** Milliseconds that everything takes longer, in both directions. */
  delayMs: number;
  /** Connections made so far. */
  readonly accepted: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Resets every connection. */
  cut(): void;
  /** From now on the connections that are open carry nothing, without a word to either side. New ones do. */
  blackhole(): void;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket | null;
}

export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const links = new Set<Link>();
  let accepted = 0;

  const listener = createServer((client) => {
    accepted += 1;
    client.on('error', () => undefined);
    if (proxy.acceptance === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = proxy.acceptance === 'hang' ? null : connect(target);
    const link = { client, server };
    links.add(link);
    client.once('close', () => {
      links.delete(link);
      server?.destroy();
    });
    if (server === null) return;
    server.on('error', () => client.resetAndDestroy());
    server.once('close', () => client.destroy());
    pass(client, server);
    pass(server, client);
  });

  function pass(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => {
      if (proxy.delayMs === 0) to.write(chunk);
      else setTimeout(() => to.writable && to.write(chunk), proxy.delayMs);
    });
    from.once('end', () => setTimeout(() => to.end(), proxy.delayMs));
  }

  const proxy: TcpProxy = {
    get port() {
      return (listener.address() as AddressInfo).port;
    },
    acceptance: 'pass',
    delayMs: 0,
    get accepted() {
      return accepted;
    },
    get open() {
      return links.size;
    },
    cut() {
      for (const { client } of links) client.resetAndDestroy();
    },
    blackhole() {
      for (const { client, server } of links) {
        for (const socket of [client, server]) socket?.pause().removeAllListeners('end').removeAllListeners('data');
        server?.removeAllListeners('close');
      }
    },
    async close() {
      listener.close();
      for (const { client, server } of links) {
        client.destroy();
        server?.destroy();
      }
      await once(listener, 'close');
    },
  };
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return proxy;
}
