import { open, stat, type FileHandle } from 'node:fs/promises';
import { olderLogFile, type LogStream } from './log-writer.ts';
import { isMissing } from './state-files.ts';

export interface StoredLine {
  readonly at: string;
  readonly stream: LogStream;
  readonly text: string;
}

/** Reads a log from a place in it onwards, while it is written and set aside. */
export interface LogReader {
  /** The next lines, a bounded number of them; none when there is nothing new. */
  read(): Promise<StoredLine[]>;
  close(): Promise<void>;
}

interface Segment {
  readonly handle: FileHandle;
  readonly inode: number;
  offset: number;
}

/** Longer than the longest line that is ever written. */
const CHUNK_BYTES = 131_072;
const STAMP_LENGTH = '2026-11-24T03:00:00.000Z'.length;

/** @param lastLines starts so many lines before the end; null: at the beginning. */
export async function openLog(file: string, lastLines: number | null): Promise<LogReader> {
  const segments: Segment[] = [];
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let current: Segment | null = null;

  const newest = await openSegment(file);
  if (newest) segments.push(newest);
  let missing = lastLines;
  if (newest && missing !== null) missing -= await goBack(newest, missing, buffer);
  if (missing === null || missing > 0) {
    const older = await openSegment(olderLogFile(file));
    if (older && older.inode !== newest?.inode) {
      segments.unshift(older);
      if (missing !== null) await goBack(older, missing, buffer);
    } else await older?.handle.close();
  }

  /** The file that goes on where `done` ended; null while nothing does. */
  async function successor(done: Segment): Promise<Segment | null> {
    if ((await inodeOf(file)) === done.inode) return null;
    // Set aside twice since: what was between is there still, what was before is lost.
    const older = await openSegment(olderLogFile(file));
    if (older && older.inode !== done.inode) return older;
    await older?.handle.close();
    return openSegment(file);
  }

  async function more(from: Segment): Promise<StoredLine[] | null> {
    const { bytesRead } = await from.handle.read(buffer, 0, CHUNK_BYTES, from.offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (end < 0) return null;
    from.offset += end + 1;
    return parseLines(buffer.toString('utf8', 0, end));
  }

  return {
    async read() {
      for (;;) {
        current ??= segments.shift() ?? (await openSegment(file));
        if (!current) return [];
        // Once something goes on elsewhere, nothing is added here: what is read after that is the rest.
        const isComplete = segments.length > 0;
        const lines = await more(current);
        if (lines) return lines;
        if (isComplete) {
          await current.handle.close();
          current = null;
          continue;
        }
        const next = await successor(current);
        if (!next) return [];
        segments.push(next);
      }
    },
    async close() {
      await current?.handle.close();
      for (const { handle } of segments.splice(0)) await handle.close();
      current = null;
    },
  };
}

/** The last lines, oldest first, of those from `since` on. */
export async function lastLines(file: string, count: number, since: string | null): Promise<StoredLine[]> {
  const reader = await openLog(file, count);
  try {
    const lines: StoredLine[] = [];
    for (let more = await reader.read(); more.length > 0; more = await reader.read()) lines.push(...more);
    return lines.filter(({ at }) => since === null || at >= since).slice(-count);
  } finally {
    await reader.close();
  }
}

async function openSegment(file: string): Promise<Segment | null> {
  try {
    const handle = await open(file, 'r');
    return { handle, inode: (await handle.stat()).ino, offset: 0 };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function inodeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).ino;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Moves the segment's offset to so many lines before its end; returns how many there were to go back over. */
async function goBack(segment: Segment, count: number, buffer: Buffer): Promise<number> {
  const { size } = await segment.handle.stat();
  let lines = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - buffer.length);
    const { bytesRead } = await segment.handle.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      if (buffer[at] !== 0x0a) continue;
      // The newline that ends the line before the ones that are wanted.
      if (lines === count) {
        segment.offset = start + at + 1;
        return lines;
      }
      lines += 1;
    }
    end = start;
  }
  segment.offset = 0;
  return lines;
}

function parseLines(text: string): StoredLine[] {
  return text.split('\n').flatMap((line): StoredLine[] => {
    const stream = line.slice(STAMP_LENGTH, STAMP_LENGTH + 3);
    if (stream !== ' o ' && stream !== ' e ') return [];
    return [
      {
        at: line.slice(0, STAMP_LENGTH),
        stream: stream === ' o ' ? 'stdout' : 'stderr',
        text: line.slice(STAMP_LENGTH + 3),
      },
    ];
  });
}
