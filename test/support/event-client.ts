/** One message of an event stream, as a browser would hand it out. */
export interface ReceivedEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
  /** By the monotonic clock, in milliseconds. */
  readonly receivedAt: number;
}

/** A client of server-sent events that keeps all that it has received. */
export interface EventClient {
  readonly status: number;
  readonly events: readonly ReceivedEvent[];
  /** Lines that are no part of a message: heartbeats. */
  readonly comments: readonly string[];
  /** The last id that was received, with or without a message; empty before the first. */
  lastId(): string;
  /** Whether the server has ended it. */
  ended(): boolean;
  close(): void;
}

export async function openEvents(url: string, headers: Readonly<Record<string, string>>): Promise<EventClient> {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const events: ReceivedEvent[] = [];
  const comments: string[] = [];
  let id = '';
  let ended = false;

  function take(block: string): void {
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments.push(line.slice(1).trim());
      else if (line.startsWith('id: ')) id = line.slice(4);
      else if (line.startsWith('event: ')) event = line.slice(7);
      else if (line.startsWith('data: ')) data.push(line.slice(6));
    }
    if (data.length > 0) events.push({ event, id, data: data.join('\n'), receivedAt: performance.now() });
  }

  async function read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) take(block);
      }
    } catch {
      // Cut off by either side.
    }
    ended = true;
  }
  void read();
  return {
    status: response.status,
    events,
    comments,
    lastId: () => id,
    ended: () => ended,
    close() {
      abort.abort();
    },
  };
}
