import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '../../src/core/environment.ts';
import { EVERYTHING, type Visibility } from '../../src/core/permissions.ts';
import type { AnnouncementType, Delivery, EventBus } from '../../src/ports/event-bus.ts';
import { sampleEnvironment, touched } from './sample-records.ts';

const END = 'the-end-of-the-backlog';

/** What a delivery says, without its position: `created pr-1 1`, or `reset`. */
export type Line = string;

export function lineOf(delivery: Delivery): Line {
  if (delivery.kind === 'reset') return 'reset';
  const { type, environment } = delivery.announcement;
  return `${type} ${environment.record.metadata.name} ${String(environment.version)}`;
}

/** Follows the bus in the background and keeps what it delivers. */
export class Follower {
  readonly deliveries: Delivery[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(bus: EventBus, after?: string, visibility: Visibility = EVERYTHING) {
    const subscription = bus.subscribe({ after, visibility, signal: this.#stop.signal });
    this.#ended = (async () => {
      for await (const delivery of subscription) this.deliveries.push(delivery);
    })();
  }

  get lines(): readonly Line[] {
    return this.deliveries.map(lineOf);
  }

  get lastPosition(): string {
    return this.deliveries.at(-1)?.position ?? '';
  }

  async until(count: number): Promise<readonly Line[]> {
    for (let waited = 0; this.deliveries.length < count; waited += 5) {
      if (waited > 10_000) throw new Error(`Only ${JSON.stringify(this.lines)} after ten seconds.`);
      await pause(5);
    }
    return this.lines;
  }

  async stop(): Promise<readonly Line[]> {
    this.#stop.abort();
    await this.#ended;
    return this.lines;
  }
}

export async function publish(
  bus: EventBus,
  type: AnnouncementType,
  environment: Environment,
  version: number,
): Promise<void> {
  const record = touched(environment, `Version ${String(version)}.`);
  await bus.publish({ type, environment: { id: environment.metadata.id, version, record } });
}

/**
 * All that there is behind a position. It ends with an announcement of the test's own; those are left out of every
 * answer.
 */
export async function backlog(
  bus: EventBus,
  after: string,
  visibility: Visibility = EVERYTHING,
): Promise<readonly Delivery[]> {
  const end = sampleEnvironment({ name: END, audience: ['usr_guest'] });
  const isEnd = (delivery: Delivery): boolean =>
    delivery.kind === 'announcement' && delivery.announcement.environment.id === end.metadata.id;
  const follower = new Follower(bus, after, visibility);
  await publish(bus, 'created', end, 1);
  for (let count = 1; !follower.deliveries.some(isEnd); count += 1) await follower.until(count);
  await follower.stop();
  return follower.deliveries.filter((delivery) => !lineOf(delivery).includes(` ${END} `));
}

export async function linesAfter(bus: EventBus, after: string, visibility?: Visibility): Promise<readonly Line[]> {
  return (await backlog(bus, after, visibility)).map(lineOf);
}
