import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below where systems take the ports of outgoing connections from, so that none of those takes one of ours between
 * its being chosen and its being listened on.
 */
const FROM = 17_000;
const TO = 32_000;

/** Ports of 127.0.0.1 that nobody listens on, all different. */
export async function findFreePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    const server = createServer();
    const listening = once(server, 'listening');
    server.listen(port, '127.0.0.1');
    try {
      await listening;
      held.push(server);
      ports.push(port);
    } catch {
      // Taken: another number.
    }
  }
  await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
