import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Product } from './product.ts';

const hostOf = (product: Product, name: string): string => `${name}.localhost:${String(product.port)}`;

/** What comes back over a WebSocket to the environment's URL, for each message that is sent. */
export async function talk(product: Product, name: string, messages: readonly string[]): Promise<string[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(product.port)}/`, {
    headers: { host: hostOf(product, name) },
  });
  const answers: string[] = [];
  try {
    await once(socket, 'open');
    for (const message of messages) {
      const answered = once(socket, 'message') as Promise<[Buffer]>;
      socket.send(message);
      answers.push((await answered)[0].toString());
    }
    return answers;
  } finally {
    socket.terminate();
  }
}

/** Pieces of an answer at the environment's URL, and the milliseconds after which each came. */
export async function readPieces(
  product: Product,
  name: string,
  path: string,
): Promise<{ readonly text: string; readonly afterMs: number }[]> {
  const sentAt = performance.now();
  const outgoing = request({
    host: '127.0.0.1',
    port: product.port,
    path,
    headers: { host: hostOf(product, name) },
  });
  outgoing.end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const pieces: { text: string; afterMs: number }[] = [];
  for await (const piece of answer) pieces.push({ text: String(piece), afterMs: performance.now() - sentAt });
  return pieces;
}
