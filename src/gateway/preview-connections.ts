import { Agent } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Failure } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentKey, EnvironmentRuntime } from '../ports/environment-runtime.ts';

export interface PreviewConnection {
  readonly connection: Duplex;
  /** The deployment revision that it leads to. */
  readonly revision: number;
}

/** Connections to what serves environments. Idle ones are kept, and never used again once something newer serves. */
export interface PreviewConnections {
  /** A connection for one exchange. Fails with `unavailable` or `deadline`. */
  open(key: EnvironmentKey): Promise<PreviewConnection>;
  /** Connections that are used again. @param servingRevision the oldest revision that may still answer */
  agentFor(key: EnvironmentKey, servingRevision: number): Agent;
  /** Which revision a connection leads to. */
  revisionOf(connection: object): number | null;
  close(): void;
}

export interface PreviewConnectionsParts {
  readonly runtime: Pick<EnvironmentRuntime, 'connect' | 'watch'>;
  readonly clock: Clock;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Less than the five seconds after which servers on Node.js close an idle connection. */
const IDLE_MS = 4_000;
const IDLE_CONNECTIONS = 64;

export function createPreviewConnections({ runtime, clock }: PreviewConnectionsParts): PreviewConnections {
  const revisions = new WeakMap<object, number>();
  const agents = new Map<string, PreviewAgent>();

  async function open(key: EnvironmentKey): Promise<PreviewConnection> {
    const opening = runtime.connect(key);
    const patience = new AbortController();
    const timeout = clock.sleep(CONNECT_TIMEOUT_MS, patience.signal).then(() => null);
    const opened = await Promise.race([opening, timeout]).finally(() => patience.abort());
    if (opened === null) {
      opening.then(
        ({ connection }) => connection.destroy(),
        () => undefined,
      );
      throw new Failure('deadline', `${key.name} did not take the connection within 10 seconds. Try again.`);
    }
    revisions.set(opened.connection, opened.revision);
    if (opened.connection instanceof Socket) opened.connection.setNoDelay(true);
    return opened;
  }

  // Whatever has changed about an environment: what is idle may lead to a process that is on its way out.
  const stopWatching = runtime.watch((id) => agents.get(id)?.closeIdle(() => true));

  return {
    open,
    agentFor(key, servingRevision) {
      let agent = agents.get(key.id);
      if (!agent) {
        const created = new PreviewAgent(
          () => open(key),
          (connection) => revisions.get(connection) ?? 0,
          () => {
            if (agents.get(key.id) === created) agents.delete(key.id);
          },
        );
        agent = created;
        agents.set(key.id, agent);
      }
      agent.demand(servingRevision);
      return agent;
    },
    revisionOf: (connection) => revisions.get(connection) ?? null,
    close() {
      stopWatching();
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** Keeps the connections to one environment, of the newest revision that it knows of. */
class PreviewAgent extends Agent {
  readonly #open: () => Promise<PreviewConnection>;
  readonly #revisionOf: (connection: object) => number;
  readonly #onEmpty: () => void;
  #newest = 0;
  #connections = 0;

  constructor(open: () => Promise<PreviewConnection>, revisionOf: (connection: object) => number, onEmpty: () => void) {
    super({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, timeout: IDLE_MS });
    this.#open = open;
    this.#revisionOf = revisionOf;
    this.#onEmpty = onEmpty;
  }

  /** From now on nothing that leads to an older revision is used. */
  demand(revision: number): void {
    if (revision <= this.#newest) return;
    this.#newest = revision;
    this.closeIdle((connection) => this.#revisionOf(connection) < revision);
  }

  closeIdle(which: (connection: Socket) => boolean): void {
    for (const connection of Object.values(this.freeSockets).flatMap((sockets) => sockets ?? [])) {
      if (which(connection)) connection.destroy();
    }
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, connection: Duplex) => void,
  ): undefined {
    this.#open().then(
      ({ connection, revision }) => {
        this.#connections += 1;
        connection.once('close', () => {
          this.#connections -= 1;
          if (this.#connections === 0) this.#onEmpty();
        });
        this.demand(revision);
        callback?.(null, connection);
      },
      (error: unknown) => {
        if (this.#connections === 0) this.#onEmpty();
        callback?.(error as Error, undefined as unknown as Duplex);
      },
    );
  }

  /** Only what can be told to wait idle as sockets can is used again. */
  override keepSocketAlive(connection: Duplex): boolean {
    if (!('setKeepAlive' in connection) || this.#revisionOf(connection) < this.#newest) return false;
    // The declared type knows of no result, but false is what makes the agent close it.
    return (super.keepSocketAlive(connection) as unknown as boolean | undefined) ?? true;
  }
}
