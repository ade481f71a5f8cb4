import { plainText } from './plain-text.ts';

/** Lines that say nothing about what went wrong, whoever prints them last. */
const NOISE = [
  /^\s*$/,
  /^\$ /,
  // How npm and pnpm announce a script.
  /^> \S/,
  /^\s*at .+[:)]/,
  /^\s*[\^~]+\s*$/,
  /^[\s{}[\]();,]+$/,
  /^Node\.js v\d/,
  /^\s+(?:code|errno|syscall|address|port|requireStack): /,
  /^npm (?:error|ERR!) (?:A complete log|Lifecycle script|workspace|location|path|command|\s+\S)/,
  /^npm (?:error|ERR!)\s*$/,
  /^npm (?:notice|warn)/i,
  /\.npm\/_logs\/|-debug-\d+\.log/,
];
/** How the runtimes of several languages head an error, with its stack printed below. */
const ERROR_HEAD = /^(?:Uncaught |Exception in thread .*)?[\w.$]*(?:Error|Exception|panic)\b.*?:/;
const STACK_FRAME = /^\s+at \S/;

/** The line that says best why a program ended: the head of the error above a stack, else the last that says anything. */
export function tellingLine(lines: readonly string[]): string | null {
  const plain = lines.map((line) => plainText(line).trimEnd());
  const frame = plain.findLastIndex((line) => STACK_FRAME.test(line));
  const head = frame < 0 ? undefined : plain.slice(0, frame).findLast((line) => ERROR_HEAD.test(line));
  return head?.trim() ?? plain.findLast((line) => !isNoise(line))?.trim() ?? null;
}

/** The last lines that say anything, oldest first, at most so many of them and of so many characters in all. */
export function tellingLines(lines: readonly string[], count: number, maxLength: number): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines.map((text) => plainText(text).trim()).reverse()) {
    if (isNoise(line)) continue;
    length += line.length;
    if (kept.length === count || (kept.length > 0 && length > maxLength)) break;
    kept.unshift(line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line);
  }
  return kept;
}

function isNoise(line: string): boolean {
  return NOISE.some((pattern) => pattern.test(line));
}
