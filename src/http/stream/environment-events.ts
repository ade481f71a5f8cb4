import { EVERYTHING, isVisible, visibilityOf, type Visibility } from '../../core/permissions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Delivery, EventBus } from '../../ports/event-bus.ts';
import type { Log } from '../../ports/log.ts';
import type { EncodeEnvironment } from '../api/representations/environment-response.ts';
import type { EventStream } from './event-streams.ts';

/** Tells all open streams what happens to environments, with one subscription of the bus for all of them. */
export interface EnvironmentEvents {
  /** Begins to listen; what happens from then on can be told. Again is fine. Fails as the bus does. */
  start(): Promise<void>;
  /** Tells a stream what happened after a position (left out: from now), and then goes on until it ends. */
  follow(stream: EventStream, after: string | undefined): Promise<void>;
  close(): void;
}

export interface EnvironmentEventsParts {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: Log;
  readonly encodeEnvironment: EncodeEnvironment;
}

/** A delivery as it is sent, made once for everybody. */
interface Told {
  readonly position: string;
  readonly text: string;
  /** Environment and version; null for a reset, which concerns everybody. */
  readonly version: string | null;
  readonly audience: readonly string[] | null;
}

interface Follower {
  readonly stream: EventStream;
  readonly visibility: Visibility;
  /** What was told to the others while this one is still told what it missed; null once it is one of them. */
  missed: Told[] | null;
}

const RETRY_MS = 1_000;
/** Only the place of what is told next has to be found among these, so the oldest may be forgotten. */
const MISSED_MAX = 1_000;

export function createEnvironmentEvents({
  bus,
  clock,
  log,
  encodeEnvironment,
}: EnvironmentEventsParts): EnvironmentEvents {
  const followers = new Set<Follower>();
  const closed = new AbortController();
  let position = '';
  let started: Promise<void> | null = null;

  function toldOf(delivery: Delivery): Told {
    if (delivery.kind === 'reset') {
      const data = JSON.stringify({ position: delivery.position });
      return {
        position: delivery.position,
        version: null,
        audience: null,
        text: eventText('reset', delivery.position, data),
      };
    }
    const { type, environment } = delivery.announcement;
    return {
      position: delivery.position,
      version: `${environment.id}@${String(environment.version)}`,
      audience: environment.record.metadata.audience,
      text: eventText(`environment.${type}`, delivery.position, encodeEnvironment(environment.record)),
    };
  }

  function broadcast(told: Told): void {
    position = told.position;
    for (const { stream, visibility, missed } of followers) {
      if (told.audience !== null && !isVisible(visibility, told.audience)) continue;
      if (missed === null) stream.send(told.text);
      else if (missed.push(told) > MISSED_MAX) missed.shift();
    }
  }

  async function listen(): Promise<void> {
    while (!closed.signal.aborted) {
      try {
        const subscription = { after: position, visibility: EVERYTHING, signal: closed.signal };
        for await (const delivery of bus.subscribe(subscription)) broadcast(toldOf(delivery));
      } catch (error) {
        log.warn({ error: String(error) }, 'The event bus failed; listening again from the last position.');
      }
      await clock.sleep(RETRY_MS, closed.signal);
    }
  }

  async function begin(): Promise<void> {
    position = await bus.position();
    void listen();
  }

  /** Tells a follower what it missed from the bus itself, until that meets what the others have been told. */
  async function catchUp(follower: Follower, from: string): Promise<void> {
    const { stream, visibility } = follower;
    // Nobody is told anything between this look and the end of the function that it is in.
    const isLevel = (at: string): boolean => at === position;
    if (isLevel(from)) {
      follower.missed = null;
      return;
    }
    for await (const delivery of bus.subscribe({ after: from, visibility, signal: stream.signal })) {
      await stream.drained();
      const told = toldOf(delivery);
      stream.send(told.text);
      const missed = follower.missed ?? [];
      const meeting = told.version === null ? -1 : missed.findIndex(({ version }) => version === told.version);
      if (meeting === -1 && !isLevel(told.position)) continue;
      // Level without a meeting: all that the others were told is behind it.
      for (const later of meeting === -1 ? [] : missed.slice(meeting + 1)) stream.send(later.text);
      follower.missed = null;
      return;
    }
  }

  return {
    async start() {
      started ??= begin();
      try {
        await started;
      } catch (error) {
        started = null;
        throw error;
      }
    },
    async follow(stream, after) {
      const follower: Follower = { stream, visibility: visibilityOf(stream.actor), missed: [] };
      followers.add(follower);
      stream.signal.addEventListener('abort', () => followers.delete(follower), { once: true });
      try {
        const from = after ?? (await bus.position());
        // Without a position of its own a client that is cut off before the first event could not say where it was.
        if (after === undefined) stream.send(`id: ${from}\n\n`);
        await catchUp(follower, from);
      } catch (error) {
        log.warn({ error: String(error) }, 'An event stream could not be told what it missed; its client comes back.');
        stream.end();
      }
    },
    close() {
      closed.abort();
    },
  };
}

/** JSON has no line ends, so the data is one line. */
function eventText(event: string, id: string, data: string): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}
