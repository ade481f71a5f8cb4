export const TTL_HOURS_DEFAULT = 72;
export const TTL_HOURS_MIN = 1;
export const TTL_HOURS_MAX = 168;

const HOUR_MS = 3_600_000;

/** End of a lease that is renewed at `renewedAt`: RFC 3339 in, RFC 3339 out. */
export function expiryAfter(renewedAt: string, ttlHours: number): string {
  return new Date(Date.parse(renewedAt) + ttlHours * HOUR_MS).toISOString();
}

/** Milliseconds until `expiresAt`; zero or less when it has passed. */
export function millisecondsUntil(expiresAt: string, nowMs: number): number {
  return Date.parse(expiresAt) - nowMs;
}
