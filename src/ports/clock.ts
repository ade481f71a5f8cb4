export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** RFC 3339 UTC. */
  timestamp(): string;
  /** Resolves after `milliseconds`, or at once when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `milliseconds`, however long; returns the cancel function. */
  schedule(milliseconds: number, callback: () => void): () => void;
}
