import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, findPrototypeKey, isDeeperThan, isJsonObject, isPrototypeKey } from '../../src/core/json.ts';

/** The same value with the keys of every map in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe('isJsonObject', () => {
  it('is true of maps only', () => {
    expect([{}, { a: 1 }].map(isJsonObject)).toEqual([true, true]);
    expect([null, [], 'x', 1, true, undefined].some(isJsonObject)).toBe(false);
  });
});

describe('findPrototypeKey', () => {
  it('finds the path of a key that reaches a prototype, however deep', () => {
    const keys = fc.constantFrom('__proto__', 'constructor', 'prototype');
    const path = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'toString'), fc.nat(3)), { maxLength: 6 });
    fc.assert(
      fc.property(path, keys, fc.jsonValue({ maxDepth: 1 }), (around, key, value) => {
        const inner = `{${JSON.stringify(key)}: ${JSON.stringify(value)}}`;
        const text = around.reduceRight<string>(
          (json, part) =>
            typeof part === 'number'
              ? `[${'0,'.repeat(part)}${json}]`
              : `{"first": 1, ${JSON.stringify(part)}: ${json}}`,
          inner,
        );
        expect(findPrototypeKey(JSON.parse(text))).toEqual([...around.map(String), key]);
      }),
    );
  });

  it('finds nothing in values without one', () => {
    for (const value of [null, 1, 'constructor', ['__proto__'], { proto: { constructors: 1 } }, {}, []]) {
      expect(findPrototypeKey(value)).toBeNull();
    }
  });

  it('knows the three keys', () => {
    expect(['__proto__', 'constructor', 'prototype'].every(isPrototypeKey)).toBe(true);
    expect(['', 'proto', 'Constructor', 'toString'].some(isPrototypeKey)).toBe(false);
  });
});

describe('isDeeperThan', () => {
  it('counts the levels of maps and lists', () => {
    const nested = (levels: number): unknown =>
      Array.from({ length: levels }).reduce<unknown>((inner, _, level) => (level % 2 ? [inner] : { a: inner }), 'x');
    for (const levels of [0, 1, 2, 5]) {
      expect(isDeeperThan(nested(levels), levels)).toBe(false);
      if (levels > 0) expect(isDeeperThan(nested(levels), levels - 1)).toBe(true);
    }
  });

  it('can look at what no recursion could', () => {
    let value: unknown = null;
    for (let level = 0; level < 100_000; level += 1) value = [value];
    expect(isDeeperThan(value, 32)).toBe(true);
  });
});

describe('canonicalJson', () => {
  it('is the same text for equal values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed: unknown = JSON.parse(JSON.stringify(value));
        expect(canonicalJson(reversed(parsed))).toBe(canonicalJson(parsed));
        expect(JSON.parse(canonicalJson(parsed))).toEqual(parsed);
      }),
    );
  });

  it('is another text for different values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same = JSON.stringify(reversed(one)) === JSON.stringify(reversed(other));
        if (!same && canonicalJson(one) === canonicalJson(other)) {
          expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)));
        }
      }),
    );
    expect(canonicalJson({ a: [1, 2] })).not.toBe(canonicalJson({ a: [2, 1] }));
    expect(canonicalJson({ a: 1 })).not.toBe(canonicalJson({ a: '1' }));
  });
});
