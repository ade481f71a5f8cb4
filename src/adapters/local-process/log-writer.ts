import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

export type LogStream = 'stdout' | 'stderr';

export interface LogWriter {
  /** Takes output as it comes; lines are written when they are complete. */
  write(stream: LogStream, chunk: Buffer): void;
  /** Writes a line that no program printed. */
  note(text: string): void;
  /** Writes what is left of incomplete lines, and closes the file. */
  end(): void;
}

/** A longer line is written as several, of about so many characters. */
const LINE_MAX_LENGTH = 16_384;
/** Characters written at once. */
const BATCH_LENGTH = 65_536;

/** Where the older half of a log is set aside. */
export function olderLogFile(file: string): string {
  return `${file}.1`;
}

/**
 * Appends lines of the form `TIME o|e TEXT` to `file`. When it has half of `maxBytes` it takes the place of the older
 * half, so the newest output is always there. Where writing fails (a full disk) lines are lost and nothing else happens.
 */
export function createLogWriter(file: string, maxBytes: number, masked: readonly string[]): LogWriter {
  const rest: Record<LogStream, string> = { stdout: '', stderr: '' };
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  const secrets = [...masked].sort((left, right) => right.length - left.length);
  let descriptor: number | null = null;
  let size = 0;

  function append(text: string): void {
    try {
      const bytes = Buffer.from(text);
      if (descriptor !== null && size + bytes.length > maxBytes / 2) {
        closeSync(descriptor);
        descriptor = null;
        renameSync(file, olderLogFile(file));
      }
      if (descriptor === null) ({ descriptor, size } = openAtLineStart(file));
      size += writeSync(descriptor, bytes);
    } catch {
      if (descriptor !== null) closeQuietly(descriptor);
      descriptor = null;
    }
  }

  function line(stream: LogStream, text: string, at: string): string {
    let shown = text.endsWith('\r') ? text.slice(0, -1) : text;
    for (const secret of secrets) shown = shown.replaceAll(secret, '***');
    return `${at} ${stream === 'stdout' ? 'o' : 'e'} ${shown}\n`;
  }

  function take(stream: LogStream, output: string): void {
    const at = new Date().toISOString();
    const whole = (rest[stream] + output).split('\n');
    // A secret of which only a part has come yet lies behind the cut.
    const unfinished = pieces(secrets, whole.pop() ?? '', LINE_MAX_LENGTH + (secrets[0]?.length ?? 0));
    rest[stream] = unfinished.pop() ?? '';
    const lines = [...whole.flatMap((text) => pieces(secrets, text, LINE_MAX_LENGTH)), ...unfinished];
    let batch = '';
    for (const text of lines) {
      batch += line(stream, text, at);
      if (batch.length < BATCH_LENGTH) continue;
      append(batch);
      batch = '';
    }
    if (batch !== '') append(batch);
  }

  return {
    write: (stream, chunk) => {
      take(stream, decoders[stream].write(chunk));
    },
    note: (text) => {
      append(line('stdout', text, new Date().toISOString()));
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const last = decoders[stream].end();
        if (rest[stream] + last !== '') take(stream, `${last}\n`);
      }
      if (descriptor !== null) closeQuietly(descriptor);
      descriptor = null;
    },
  };
}

/** Cuts what is longer than `atMost`; there is always one piece at least. */
function pieces(secrets: readonly string[], text: string, atMost: number): string[] {
  const cuts: string[] = [];
  let rest = text;
  while (rest.length > atMost) {
    const cut = cutBeside(secrets, rest);
    cuts.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return [...cuts, rest];
}

/** Where a line that is too long is cut, so that no secret is cut in two: neither half would be masked. */
function cutBeside(secrets: readonly string[], text: string): number {
  let cut = LINE_MAX_LENGTH;
  let moved: boolean;
  do {
    moved = false;
    for (const secret of secrets) {
      const start = text.indexOf(secret, Math.max(0, cut - secret.length + 1));
      if (start === 0) return secret.length;
      if (start === -1 || start >= cut) continue;
      cut = start;
      moved = true;
    }
  } while (moved);
  return cut;
}

/** Whoever wrote before may have been killed within a line. */
function openAtLineStart(file: string): { descriptor: number; size: number } {
  const descriptor = openSync(file, 'a+', 0o600);
  const { size } = fstatSync(descriptor);
  if (size === 0) return { descriptor, size };
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return { descriptor, size: last.toString() === '\n' ? size : size + writeSync(descriptor, '\n') };
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // What could not be written is lost either way.
  }
}
