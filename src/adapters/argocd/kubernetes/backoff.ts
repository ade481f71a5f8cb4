/** How long to wait before the next of several tries, so that many who wait for the same thing don't come at once. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** @param failures in a row, from 1 on */
export function backoffMs({ firstMs, longestMs }: Backoff, failures: number, random = Math.random): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + random() / 2);
}
