/** What the stream of events tells: which environment changed, or that everything has to be read again. */
export interface EventStreamFollower {
  changed(environmentId: string, position: string): void;
  reset(position: string): void;
  connected(isConnected: boolean): void;
  /** The session has ended; the stream goes on trying, for somebody may sign in in another tab. */
  signedOut(): void;
}

export interface OpenEventStream {
  /** Connects anew, from the last position. */
  reopen(): void;
  close(): void;
}

const URL_PATH = '/api/events/environments';
const CHANGES = ['environment.created', 'environment.updated', 'environment.deleted'] as const;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;

/** One connection, kept open for ever: whatever ends it, it goes on from the last position that was told. */
export function openEventStream(from: string, follower: EventStreamFollower): OpenEventStream {
  let position = from;
  let source: EventSource | null = null;
  let retry = 0;
  let retryMs = RETRY_MIN_MS;

  function connect(): void {
    disconnect();
    source = new EventSource(`${URL_PATH}?${new URLSearchParams({ after: position }).toString()}`);
    source.addEventListener('open', () => {
      retryMs = RETRY_MIN_MS;
      follower.connected(true);
    });
    for (const type of CHANGES) {
      source.addEventListener(type, (event: MessageEvent<string>) => {
        position = event.lastEventId;
        follower.changed((JSON.parse(event.data) as { id: string }).id, position);
      });
    }
    source.addEventListener('reset', (event: MessageEvent<string>) => {
      position = event.lastEventId;
      follower.reset(position);
    });
    source.addEventListener('error', () => {
      const refused = source?.readyState === EventSource.CLOSED;
      follower.connected(false);
      disconnect();
      if (refused) void askWhy();
      retry = window.setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    });
  }

  /** An EventSource does not tell with which status it was refused. */
  async function askWhy(): Promise<void> {
    const response = await fetch('/api/environments?limit=1').catch(() => null);
    if (response?.status === 401) follower.signedOut();
  }

  function disconnect(): void {
    clearTimeout(retry);
    source?.close();
    source = null;
  }

  connect();
  return { reopen: connect, close: disconnect };
}
