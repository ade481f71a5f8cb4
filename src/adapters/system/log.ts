import { pino, stdTimeFunctions, type DestinationStream } from 'pino';
import type { Log } from '../../ports/log.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Left out: standard output. */
  readonly destination?: DestinationStream;
}

const SECRET_KEYS = ['authorization', 'cookie', 'set-cookie', 'password', 'credential', 'secret', 'token'];
const REDACTED = '[redacted]';
/** API tokens, wherever they stand in a text. */
const TOKEN = /\bbb_[A-Za-z0-9_-]{16,}/g;

/** One JSON object a line. Keys that hold secrets are masked at two levels, API tokens in any text. */
export function createLog({ level, destination }: LogOptions): Log {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`]), censor: REDACTED },
  };
  const logger = destination ? pino(options, destination) : pino(options);
  const write =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      logger[name](withoutTokens(fields), message.replace(TOKEN, REDACTED));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function withoutTokens(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'string' ? value.replace(TOKEN, REDACTED) : value,
    ]),
  );
}
