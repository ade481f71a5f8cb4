/** A time as precise as a container runtime gives it. */
export interface LogStamp {
  readonly ms: number;
  /** Nine digits: nanoseconds within the second. */
  readonly nanoseconds: string;
}

/** Null where the text is no time in RFC 3339. */
export function parseStamp(text: string): LogStamp | null {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)$/.exec(text);
  const ms = Date.parse(text);
  return match === null || Number.isNaN(ms) ? null : { ms, nanoseconds: (match[1] ?? '').padEnd(9, '0') };
}

/** Less than, equal to or greater than 0, as `left` is earlier, the same or later. */
export function compareStamps(left: LogStamp, right: LogStamp): number {
  const seconds = Math.floor(left.ms / 1000) - Math.floor(right.ms / 1000);
  if (seconds !== 0) return seconds;
  return left.nanoseconds === right.nanoseconds ? 0 : left.nanoseconds < right.nanoseconds ? -1 : 1;
}

/** RFC 3339 UTC, to the millisecond. */
export function stampText({ ms }: LogStamp): string {
  return new Date(ms).toISOString();
}

/** The same in whole seconds, which is all that the API server asks a node for. */
export function stampSeconds({ ms }: LogStamp): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
