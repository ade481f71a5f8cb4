export interface LogLine {
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface LogFollower {
  line(line: LogLine): void;
  /** What to tell the reader about the connection. */
  state(text: string): void;
  /** The environment is over, and no line comes any more. */
  ended(): void;
}

const TAIL = 500;
const RETRY_MS = 3_000;

/**
 * Follows a log by server-sent events, only while the page can be seen: browsers allow few connections to one host. It
 * goes on from the last line; of those that come again because they are of the same moment none is told twice.
 */
export function createLogFeed(url: string, follower: LogFollower): void {
  let source: EventSource | null = null;
  let ended = false;
  let lastAt = '';
  let atLastMoment: string[] = [];
  let told: string[] | null = null;

  function open(): void {
    if (source !== null || ended || document.hidden) return;
    told = lastAt === '' ? null : [...atLastMoment];
    const query = new URLSearchParams({
      follow: 'true',
      tail: String(TAIL),
      ...(lastAt === '' ? {} : { since: lastAt }),
    });
    source = new EventSource(`${url}?${query.toString()}`);
    source.addEventListener('open', () => {
      follower.state('Following');
    });
    source.addEventListener('log', (event: MessageEvent<string>) => {
      take(JSON.parse(event.data) as LogLine);
    });
    source.addEventListener('end', () => {
      ended = true;
      close();
      follower.ended();
    });
    source.addEventListener('error', () => {
      follower.state('Reconnecting…');
      // The browser comes back by itself only when the connection broke, and then with the line that it had last.
      close();
      setTimeout(open, RETRY_MS);
    });
  }

  function close(): void {
    source?.close();
    source = null;
  }

  function take(line: LogLine): void {
    const key = `${line.stream} ${line.text}`;
    if (told !== null) {
      if (line.at < lastAt) return;
      if (line.at === lastAt && told.includes(key)) {
        told.splice(told.indexOf(key), 1);
        return;
      }
      if (line.at > lastAt) told = null;
    }
    if (line.at !== lastAt) atLastMoment = [];
    lastAt = line.at;
    atLastMoment.push(key);
    follower.line(line);
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) close();
    else open();
  });
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', open);
  open();
}
