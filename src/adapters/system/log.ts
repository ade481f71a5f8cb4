import { pino, type DestinationStream } from 'pino';
import type { Log } from '../../ports/log.ts';
import { redact, redactText } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  /** Left out: standard output. */
  readonly destination?: DestinationStream;
}

/** One JSON object a line, without secrets. */
export function createLog({ level, destination }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ sync: true }),
  );
  function write(at: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string): void {
    if (logger.isLevelEnabled(at)) logger[at](redact(fields) as object, redactText(message));
  }
  return {
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
  };
}
