import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below where systems take the ports of outgoing connections from, so that none of those takes one of ours between
 * its being chosen and its being listened on.
 */
const FROM = 17_000;
const BLOCKS = 900;
const BLOCK_SIZE = 16;

export interface PortBlock {
  ports: number[];
  release: () => void;
}

/**
 * Ports of 127.0.0.1 that nobody listens on, up to 15. They are the others' of a block whose first port is held until
 * `release`: that keeps another cluster, in any process, from choosing the same ones before they are in use.
 */
export async function reservePorts(count: number): Promise<PortBlock> {
  if (count >= BLOCK_SIZE) throw new Error(`${count} ports don't fit into a block of ${BLOCK_SIZE}.`);
  const start = Math.floor(Math.random() * BLOCKS);
  for (let turn = 0; turn < BLOCKS; turn += 1) {
    const first = FROM + ((start + turn) % BLOCKS) * BLOCK_SIZE;
    const guard = await listen(first);
    if (guard === undefined) continue;
    guard.unref();
    const ports = Array.from({ length: count }, (_, index) => first + 1 + index);
    const probes = await Promise.all(ports.map(listen));
    await Promise.all(probes.map((probe) => new Promise((closed) => (probe ? probe.close(closed) : closed(null)))));
    if (!probes.includes(undefined)) return { ports, release: () => void guard.close() };
    guard.close();
  }
  throw new Error(`Every port of 127.0.0.1 from ${FROM} on is in use: end some test clusters.`);
}

/** Undefined where somebody listens there. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  return listening.then(
    () => server,
    () => undefined,
  );
}
