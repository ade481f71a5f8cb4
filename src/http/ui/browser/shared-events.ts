import { openEventStream, type EventStreamFollower, type OpenEventStream } from './event-stream.ts';

type Message =
  | { readonly kind: 'changed'; readonly environmentId: string; readonly position: string }
  | { readonly kind: 'reset'; readonly position: string }
  | { readonly kind: 'connected'; readonly isConnected: boolean }
  | { readonly kind: 'signed-out' }
  /** A tab that has just come asks for what it may have missed while it was loading. */
  | { readonly kind: 'hello' };

const NAME = 'blueberry-events';
/** Longer than a page takes to load. */
const RECENT_MS = 30_000;
const RECENT_MAX = 500;
const AWAKE_CHECK_MS = 10_000;
/** A timer that comes this late was asleep with the machine, and the connection is dead without knowing it. */
const SLEPT_MS = 30_000;

/**
 * Follows the events with one connection for all tabs of the browser. The tab that holds the lock has the connection and
 * tells the others; when it is closed, the next one gets the lock and goes on from the last position that was told.
 * Where a browser has no locks (without https), each tab has a connection of its own.
 */
export function followEvents(from: string, follower: EventStreamFollower): void {
  let position = from;
  let stream: OpenEventStream | null = null;
  let release: (() => void) | null = null;
  let isConnected = false;
  let recent: { readonly at: number; readonly message: Message }[] = [];
  const channel = new BroadcastChannel(NAME);

  function hear(message: Message): void {
    switch (message.kind) {
      case 'changed':
        position = message.position;
        follower.changed(message.environmentId, message.position);
        break;
      case 'reset':
        position = message.position;
        follower.reset(message.position);
        break;
      case 'connected':
        isConnected = message.isConnected;
        follower.connected(message.isConnected);
        break;
      case 'signed-out':
        follower.signedOut();
        break;
      case 'hello':
        break;
    }
  }

  function tell(message: Message): void {
    hear(message);
    channel.postMessage(message);
    if (message.kind !== 'changed' && message.kind !== 'reset') return;
    const now = Date.now();
    recent = [...recent.filter(({ at }) => now - at < RECENT_MS), { at: now, message }].slice(-RECENT_MAX);
  }

  function lead(): void {
    stream = openEventStream(position, {
      changed(environmentId, at) {
        tell({ kind: 'changed', environmentId, position: at });
      },
      reset(at) {
        tell({ kind: 'reset', position: at });
      },
      connected(now) {
        tell({ kind: 'connected', isConnected: now });
      },
      signedOut() {
        tell({ kind: 'signed-out' });
      },
    });
  }

  function answerHello(): void {
    channel.postMessage({ kind: 'connected', isConnected } satisfies Message);
    for (const { message } of recent) channel.postMessage(message);
  }

  function campaign(): void {
    if (!('locks' in navigator)) {
      lead();
      return;
    }
    void navigator.locks.request(NAME, async () => {
      lead();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    channel.postMessage({ kind: 'hello' } satisfies Message);
  }

  function stop(): void {
    stream?.close();
    stream = null;
    release?.();
    release = null;
  }

  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind !== 'hello') hear(data);
    else if (stream !== null) answerHello();
  });
  window.addEventListener('pagehide', stop);
  window.addEventListener('pageshow', ({ persisted }) => {
    // Shown again from the browser's memory: what happened meanwhile was told to nobody here.
    if (!persisted) return;
    follower.reset(position);
    campaign();
  });
  window.addEventListener('online', () => stream?.reopen());
  let lastTick = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - lastTick > SLEPT_MS) stream?.reopen();
    lastTick = now;
  }, AWAKE_CHECK_MS);
  campaign();
}
