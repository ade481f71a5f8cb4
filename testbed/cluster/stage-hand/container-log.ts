import { appendFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface LogAddress {
  namespace: string;
  pod: string;
  container: string;
}

/** Where the log of a container is, below the folder of all of them. */
export function logFile(folder: string, { namespace, pod, container }: LogAddress): string {
  return join(folder, namespace, pod, `${container}.log`);
}

export function previousLogFile(folder: string, address: LogAddress): string {
  return logFile(folder, address).replace(/\.log$/, '.previous.log');
}

/** Adds lines to the log of a container, in the format of container runtimes. Any process may do so. */
export function appendLog(folder: string, address: LogAddress, ...lines: string[]): void {
  const file = logFile(folder, address);
  mkdirSync(dirname(file), { recursive: true });
  const time = new Date().toISOString().replace('Z', '000000Z');
  appendFileSync(file, lines.map((line) => `${time} stdout F ${line}\n`).join(''));
}

/** Begins a new log; what was there is that of the container before. */
export function beginLog(folder: string, address: LogAddress): void {
  const file = logFile(folder, address);
  if (existsSync(file)) renameSync(file, previousLogFile(folder, address));
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, '');
}
