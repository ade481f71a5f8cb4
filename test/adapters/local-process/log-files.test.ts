import { appendFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLines, openLog } from '../../../src/adapters/local-process/log-reader.ts';
import { createLogWriter, olderLogFile, type LogWriter } from '../../../src/adapters/local-process/log-writer.ts';

const LARGE = 10 * 1_048_576;
/** Output is written in pieces of up to 64 Ki characters: a bound of a few of them is the least that can be kept to. */
const SMALL = 512 * 1024;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-log-'));
  file = join(folder, 'web.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const print = (writer: LogWriter, text: string | Buffer): void => {
  writer.write('stdout', Buffer.from(text));
};

async function texts(count = 100_000): Promise<string[]> {
  return (await lastLines(file, count, null)).map(({ text }) => text);
}

function sizeOnDisk(): number {
  return [file, olderLogFile(file)].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

describe('what is written', () => {
  it('is lines, however the output is cut into pieces', async () => {
    const writer = createLogWriter(file, LARGE, []);
    const output = Buffer.from('one\r\n\nzwölf 🫐\n  last');
    for (const byte of output) writer.write('stdout', Buffer.from([byte]));
    expect(await texts()).toEqual(['one', '', 'zwölf 🫐']);
    writer.end();
    expect(await texts()).toEqual(['one', '', 'zwölf 🫐', '  last']);
  });

  it('keeps both streams apart', async () => {
    const writer = createLogWriter(file, LARGE, []);
    writer.write('stdout', Buffer.from('out '));
    writer.write('stderr', Buffer.from('error\n'));
    writer.write('stdout', Buffer.from('put\n'));
    writer.end();
    const lines = await lastLines(file, 10, null);
    expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
      ['stderr', 'error'],
      ['stdout', 'out put'],
    ]);
  });

  it('has an end of its own in a line that never ends', async () => {
    const writer = createLogWriter(file, LARGE, []);
    const line = 'x'.repeat(100_000);
    for (let at = 0; at < line.length; at += 1_000) print(writer, line.slice(at, at + 1_000));
    writer.end();
    const written = await texts();
    expect(written.length).toBeGreaterThan(4);
    expect(written.join('')).toBe(line);
  });

  it('has no line that is too long, even of those that are whole in one piece', async () => {
    const writer = createLogWriter(file, LARGE, ['s3cret']);
    const line = `${'x'.repeat(16_380)}s3cret${'y'.repeat(40_000)}`;
    print(writer, `short\n${line}\nafter\n`);
    writer.end();
    const written = await texts();
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThanOrEqual(16_384);
    expect([written[0], written.slice(1, -1).join(''), written.at(-1)]).toEqual([
      'short',
      line.replace('s3cret', '***'),
      'after',
    ]);
  });

  it('never takes more room than it may, and keeps the newest', async () => {
    const writer = createLogWriter(file, SMALL, []);
    let most = 0;
    for (let piece = 0; piece < 100; piece += 1) {
      const lines = Array.from({ length: 400 }, (_, index) => `${String(piece * 400 + index)} ${'ü'.repeat(50)}\n`);
      print(writer, lines.join(''));
      most = Math.max(most, sizeOnDisk());
    }
    writer.end();
    expect(most).toBeLessThanOrEqual(SMALL);
    const numbers = (await texts()).map((text) => Number(text.split(' ')[0]));
    expect(numbers.at(-1)).toBe(39_999);
    expect(numbers).toEqual(numbers.map((_, index) => 40_000 - numbers.length + index));
    // Half of it at least is still there.
    expect(numbers.length * 128).toBeGreaterThan(SMALL / 2);
  });

  it('goes on in a line of its own after whoever wrote before was killed', async () => {
    const first = createLogWriter(file, LARGE, []);
    print(first, 'whole\n');
    appendFileSync(file, '2026-11-24T03:00:00.000Z o ha');
    const second = createLogWriter(file, LARGE, []);
    second.note('$ next');
    second.end();
    expect(await texts()).toEqual(['whole', 'ha', '$ next']);
  });

  it('is lost where nothing can be written, and nothing else happens', () => {
    const writer = createLogWriter(join(folder, 'absent', 'web.log'), LARGE, []);
    print(writer, 'lost\n');
    writer.note('lost');
    writer.end();
  });
});

describe('secrets', () => {
  it.each<[string, string[], string, string]>([
    ['every time', ['s3cret'], 's3cret s3cret', '*** ***'],
    ['the longer one first', ['s3cret', 's3cret-long'], 's3cret-long s3cret', '*** ***'],
    ['as they are', ['a.c$&^'], 'abc$&^ a.c$&^', 'abc$&^ ***'],
  ])('are masked, %s', async (_what, masked, output, shown) => {
    const writer = createLogWriter(file, LARGE, masked);
    for (const character of output) print(writer, character);
    writer.note(`$ echo ${output}`);
    writer.end();
    expect(await texts()).toEqual([`$ echo ${shown}`, shown]);
  });

  it('are masked where a line without end is cut', async () => {
    const secret = 's3cret-that-is-cut-in-two';
    for (const before of [16_384 - 1, 16_384 - 10, 16_384 - secret.length, 16_384, 16_384 * 2 - 5]) {
      await rm(file, { force: true });
      const writer = createLogWriter(file, LARGE, [secret]);
      const output = `${'x'.repeat(before)}${secret}${'y'.repeat(20_000)}`;
      for (let at = 0; at < output.length; at += 4_097) print(writer, output.slice(at, at + 4_097));
      writer.end();
      expect((await texts()).join('').replace(/^x*|y*$/g, '')).toBe('***');
    }
  });
});

describe('what is read', () => {
  it('is every line once, in order, while the file is set aside again and again', async () => {
    const writer = createLogWriter(file, SMALL, []);
    const reader = await openLog(file, null);
    const seen: string[] = [];
    const readOn = async (): Promise<void> => {
      for (let more = await reader.read(); more.length > 0; more = await reader.read())
        seen.push(...more.map(({ text }) => text));
    };
    await readOn();
    const written: string[] = [];
    for (let piece = 0; piece < 60; piece += 1) {
      const lines = Array.from({ length: 200 }, (_, index) => `${String(piece)}/${String(index)} ${'x'.repeat(80)}`);
      written.push(...lines);
      print(writer, `${lines.join('\n')}\n`);
      await readOn();
    }
    await reader.close();
    writer.end();
    expect(statSync(olderLogFile(file)).size).toBeGreaterThan(0);
    expect(seen).toEqual(written);
  });

  it('begins so many lines before the end, over both halves', async () => {
    const writer = createLogWriter(file, SMALL, []);
    const total = 5_000;
    for (let line = 0; line < total; line += 1) print(writer, `${String(line)} ${'x'.repeat(70)}\n`);
    const inNewest = (await texts(total)).length;
    expect(statSync(olderLogFile(file)).size).toBeGreaterThan(0);
    for (const count of [1, 7, 1_000, inNewest - 1, inNewest]) {
      const numbers = (await texts(count)).map((text) => Number(text.split(' ')[0]));
      expect(numbers).toEqual(Array.from({ length: count }, (_, index) => total - count + index));
    }
    writer.end();
  });

  it('is nothing where there is no log yet, and what comes then', async () => {
    const reader = await openLog(file, 10);
    expect(await reader.read()).toEqual([]);
    const writer = createLogWriter(file, LARGE, []);
    print(writer, 'first\nhalf a');
    expect((await reader.read()).map(({ text }) => text)).toEqual(['first']);
    print(writer, ' line\n');
    expect((await reader.read()).map(({ text }) => text)).toEqual(['half a line']);
    expect(await reader.read()).toEqual([]);
    await reader.close();
    writer.end();
  });
});
