const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A length of time in at most two units: "2 d 4 h", "35 min". Less than a minute is said in words. */
function durationText(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < MINUTE_MS) return 'under 1 min';
  if (ms < HOUR_MS) return `${String(Math.floor(ms / MINUTE_MS))} min`;
  if (ms < DAY_MS) return twoUnits(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return twoUnits(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${String(whole)} ${largeName}` : `${String(whole)} ${largeName} ${String(rest)} ${smallName}`;
}

/** How long ago a moment was, in one unit: "just now", "4 min ago", "3 d ago". The future counts as just now. */
export function timeAgo(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  if (ms < MINUTE_MS) return 'just now';
  if (ms < HOUR_MS) return `${String(Math.floor(ms / MINUTE_MS))} min ago`;
  if (ms < DAY_MS) return `${String(Math.floor(ms / HOUR_MS))} h ago`;
  return `${String(Math.floor(ms / DAY_MS))} d ago`;
}

/** How long it is until a moment, for what ends then. */
export function timeLeft(until: string, nowMs: number): string {
  const ms = Date.parse(until) - nowMs;
  return ms <= 0 ? 'ends now' : durationText(ms);
}

/** `2026-11-24 05:16 UTC`, for where nobody knows the reader's zone. */
export function utcText(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}
