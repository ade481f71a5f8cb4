import { createServer } from 'node:net';

/** Hands out TCP ports that nobody listens on, each to one holder at a time. */
export interface FreePorts {
  take(): Promise<number>;
  /** Notes a port that is in use already. */
  hold(port: number): void;
  giveBack(port: number): void;
}

const TRIES = 50;

export function createFreePorts(): FreePorts {
  const held = new Set<number>();
  return {
    async take() {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const port = await freePort();
        if (held.has(port)) continue;
        held.add(port);
        return port;
      }
      throw new Error('the system has no free port to give');
    },
    hold: (port) => {
      held.add(port);
    },
    giveBack: (port) => {
      held.delete(port);
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('the system gave no port'));
      });
    });
  });
}
