import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/adapters/argocd/kubernetes/backoff.ts';
import {
  compareStamps,
  parseStamp,
  stampSeconds,
  stampText,
} from '../../../src/adapters/argocd/kubernetes/log-stamp.ts';
import { createObjectStore } from '../../../src/adapters/argocd/kubernetes/object-store.ts';
import type { KubernetesObject } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import { isOlderVersion } from '../../../src/adapters/argocd/kubernetes/resource-version.ts';
import { readLines, type StreamedLine } from '../../../src/adapters/argocd/kubernetes/stream-lines.ts';

async function linesOf(chunks: readonly Uint8Array[], maxLength: number): Promise<StreamedLine[]> {
  const lines: StreamedLine[] = [];
  for await (const line of readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), maxLength)) {
    lines.push(line);
  }
  return lines;
}

describe('lines of a stream', () => {
  it('are the same however the stream is cut', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.array(fc.nat(20), { minLength: 1 }), async (parts, sizes) => {
        const whole = parts.join('\n');
        const bytes = Buffer.from(whole);
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = 1 + (sizes[turn % sizes.length] ?? 0);
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const lines = await linesOf(chunks, 1_000);
        const expected = whole.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(lines.map(({ text: line }) => line)).toEqual(expected);
        expect(lines.every(({ isCut }) => !isCut)).toBe(true);
      }),
    );
  });

  it('that are too long come in pieces', async () => {
    const lines = await linesOf([Buffer.from('aaaabbbbc'), Buffer.from('c\nd\n')], 4);
    expect(lines.map(({ text, isCut }) => `${text}${isCut ? '…' : ''}`)).toEqual(['aaaa…', 'bbbb…', 'cc', 'd']);
  });
});

describe('times of log lines', () => {
  it('keep the nanoseconds, and know time zones', () => {
    const early = parseStamp('2026-11-24T03:00:00.000000001Z');
    const late = parseStamp('2026-11-24T05:00:00.00000001+02:00');
    if (early === null || late === null) throw new Error('Both are times.');
    expect(compareStamps(early, late)).toBeLessThan(0);
    expect(compareStamps(late, early)).toBeGreaterThan(0);
    expect(compareStamps(late, late)).toBe(0);
    expect(stampText(late)).toBe('2026-11-24T03:00:00.000Z');
    expect(stampSeconds(late)).toBe('2026-11-24T03:00:00Z');
    for (const text of ['', 'yesterday', '2026-13-45T99:00:00Z', '2026-11-24 03:00:00Z']) {
      expect(parseStamp(text)).toBeNull();
    }
  });
});

describe('versions of objects', () => {
  it('grow as numbers do', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (left, right) => {
        expect(isOlderVersion(String(left), String(right))).toBe(left < right);
      }),
    );
    expect(isOlderVersion('a', '5')).toBe(false);
  });
});

describe('what an informer knows', () => {
  const object = (name: string, uid: string, resourceVersion: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, uid, resourceVersion, creationTimestamp: '' },
  });

  it('changes only by what is new, and says so', () => {
    const told: string[] = [];
    const store = createObjectStore<KubernetesObject>(({ type, object: { metadata } }) => {
      told.push(`${type} ${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);
    });
    store.replace([object('a', 'u1', '1'), object('b', 'u2', '2')]);
    store.put(object('a', 'u1', '1'));
    store.put(object('a', 'u1', '3'));
    store.remove(object('c', 'u9', '4'));
    expect(told.splice(0)).toEqual(['added a u1 1', 'added b u2 2', 'modified a u1 3']);
    // One of the same name is another one, whose predecessor is gone.
    store.replace([object('a', 'u5', '9'), object('c', 'u6', '8')]);
    expect(told.splice(0).sort()).toEqual(['added a u5 9', 'added c u6 8', 'deleted a u1 3', 'deleted b u2 2']);
    expect(store.get({ name: 'a' })?.metadata.uid).toBe('u5');
    expect([...store.values()]).toHaveLength(store.size);
    store.remove(object('c', 'u6', '10'));
    expect(told).toEqual(['deleted c u6 10']);
  });
});

describe('waiting between tries', () => {
  it('grows to a limit, and differs', () => {
    const backoff = { firstMs: 100, longestMs: 1_000 };
    expect([1, 2, 3, 4, 5, 500].map((failures) => backoffMs(backoff, failures, () => 1))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(backoffMs(backoff, 1, () => 0)).toBe(50);
  });
});
