import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { LogLine } from '../../src/ports/environment-runtime.ts';
import { eventually } from '../support/product.ts';
import { hasFailed, type Stage, type StageTest } from './environment-runtime.stage.ts';

const textsOf = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

/** Reads on in the background. */
function follow(
  stage: Stage,
  tail?: number,
): { readonly lines: LogLine[]; readonly ended: Promise<void>; stop(): void } {
  const control = new AbortController();
  const lines: LogLine[] = [];
  const ended = (async () => {
    const query = { follow: true, tail, signal: control.signal };
    for await (const line of stage.runtime.logs(stage.key, query)) lines.push(line);
  })();
  return {
    lines,
    ended,
    stop: () => {
      control.abort();
    },
  };
}

function within<T>(milliseconds: number, promise: Promise<T>, what: string): Promise<T> {
  const late = pause(milliseconds, undefined, { ref: false }).then(() => {
    throw new Error(`Waited ${String(milliseconds)} ms for ${what}`);
  });
  return Promise.race([promise, late]);
}

async function serving(stage: Stage): Promise<void> {
  await stage.put('serving', 'one');
  await stage.untilServing(1);
  await stage.untilLine('serving one');
}

async function print(stage: Stage, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await stage.ask(`/print/${encodeURIComponent(text)}`);
}

export function describeLogs(it: StageTest): void {
  describe('logs', () => {
    it('are the lines that were printed, in their order, with time, container and stream', async ({ stage }) => {
      const before = Date.now();
      await serving(stage);
      const texts = ['first', 'ünïcödé 🫐', '  indented\twith a tab', '<b>markup</b>'];
      await print(stage, ...texts);
      await stage.untilLine(texts[3] ?? '');
      const lines = await stage.lines();
      expect(textsOf(lines).filter((text) => texts.includes(text))).toEqual(texts);
      for (const { at, container, stream, text } of lines) {
        expect(Date.parse(at)).toBeGreaterThanOrEqual(before - 1);
        expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
        expect(container).not.toBe('');
        expect(['stdout', 'stderr']).toContain(stream);
        expect(text).not.toMatch(/[\r\n]$/);
      }
      const times = lines.map(({ at }) => Date.parse(at));
      expect(times).toEqual([...times].sort((left, right) => left - right));
    });

    it('are given from their tail, from a time on, and of one container', async ({ stage }) => {
      await serving(stage);
      await print(stage, 'a', 'b', 'c');
      await stage.untilLine('c');
      await pause(20);
      const since = new Date().toISOString();
      await print(stage, 'd', 'e');
      const { container } = await stage.untilLine('e');
      expect(textsOf(await stage.lines({ tail: 3 }))).toEqual(['c', 'd', 'e']);
      expect(await stage.lines({ tail: 0 })).toEqual([]);
      expect((await stage.lines({ tail: 10_000 })).length).toBe((await stage.lines()).length);
      expect(textsOf(await stage.lines({ since }))).toEqual(['d', 'e']);
      expect(textsOf(await stage.lines({ container, tail: 2 }))).toEqual(['d', 'e']);
      expect(await stage.lines({ container: 'no-such-container' })).toEqual([]);
    });

    it('are followed line by line, into the next revision, until the environment is gone', async ({ stage }) => {
      await serving(stage);
      await print(stage, 'before');
      await stage.untilLine('before');
      const following = follow(stage, 1);
      await eventually(async () => (following.lines.length > 0 ? true : null), 5_000, 'the tail');
      await print(stage, 'live');
      await eventually(async () => (textsOf(following.lines).includes('live') ? true : null), 5_000, 'the live line');
      expect(textsOf(following.lines)).toEqual(['before', 'live']);
      await stage.put('serving', 'two', { revision: 2 });
      await stage.untilServing(2);
      await eventually(
        async () => (textsOf(following.lines).includes('serving two') ? true : null),
        5_000,
        'the line of the next revision',
      );
      expect(textsOf(following.lines).filter((text) => text === 'live')).toHaveLength(1);
      await stage.untilGone();
      await within(5_000, following.ended, 'the end of the log of what is gone');
    });

    it('end when whoever follows has had enough', async ({ stage }) => {
      await serving(stage);
      const following = follow(stage);
      await eventually(async () => (textsOf(following.lines).includes('serving one') ? true : null), 5_000);
      following.stop();
      await within(5_000, following.ended, 'the end of the log');
      const count = following.lines.length;
      await print(stage, 'too late');
      await stage.untilLine('too late');
      expect(following.lines).toHaveLength(count);
    });

    it('have no lines where there is no environment', async ({ stage }) => {
      expect(await within(5_000, stage.lines({ follow: true }), 'the end of no log')).toEqual([]);
    });

    it('can be read after the environment has been removed, by whoever comes then', async ({ stage }) => {
      await serving(stage);
      await print(stage, 'the last words');
      await stage.untilLine('the last words');
      const before = textsOf(await stage.lines());
      await stage.untilGone();
      expect(textsOf(await stage.lines()).slice(0, before.length)).toEqual(before);
      await stage.restart();
      expect(textsOf(await stage.lines())).toContain('the last words');
      const followed = await within(5_000, stage.lines({ follow: true, tail: 10_000 }), 'the end of the log');
      expect(textsOf(followed)).toContain('the last words');
      expect(await stage.runtime.list()).toEqual([]);
      expect(await stage.runtime.observe(stage.key)).toMatchObject({ presence: 'absent', revision: null });
      expect(await stage.harness.leftovers()).toEqual([]);
    });

    it('tell why an application does not run', async ({ stage }) => {
      await stage.put('crashing', 'one');
      await stage.until('failed', hasFailed);
      const { stream } = await stage.untilLine('Broken by one');
      expect(stream).toBe(stage.harness.tellsStreamsApart ? 'stderr' : 'stdout');
    });
  });
}
