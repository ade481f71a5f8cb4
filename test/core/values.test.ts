import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import {
  environmentVariableFaults,
  environmentVariables,
  mergeValues,
  VALUE_LAYERS,
  type LayeredValues,
  type ValueLayer,
} from '../../src/core/values.ts';

const key = fc.constantFrom('a', 'b', 'c', 'a/b', '~', '', 'env');
const leaf = fc.constantFrom<JsonValue>(null, true, 0, 'x', 'y', [], [1, { a: 2 }]);
const { values: anyValues } = fc.letrec<{ value: JsonValue; values: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('values')),
  values: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));

const layer = (name: ValueLayer, values: JsonObject | null): LayeredValues => ({ layer: name, values });

/** What merging means, in as few words as can be. */
function merged(lower: JsonObject, upper: JsonObject): JsonObject {
  const result: Record<string, JsonValue> = { ...lower };
  for (const [name, value] of Object.entries(upper)) {
    const below = result[name];
    result[name] = isJsonObject(value) && isJsonObject(below) ? merged(below, value) : value;
  }
  return result;
}

/** JSON pointers of what has nothing below it: everything but maps, and maps of nothing. */
function leavesOf(value: JsonValue, pointer = ''): string[] {
  if (!isJsonObject(value)) return [pointer];
  const entries = Object.entries(value);
  if (entries.length === 0) return pointer === '' ? [] : [pointer];
  return entries.flatMap(([name, item]) =>
    leavesOf(item, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

function at(value: JsonValue | undefined, pointer: string): JsonValue | undefined {
  const parts = pointer.split('/').slice(1);
  return parts.reduce<JsonValue | undefined>((inner, part) => {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    return isJsonObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined;
  }, value);
}

describe('mergeValues', () => {
  it('merges maps deep, replaces lists whole, and keeps null', () => {
    const { values, origins } = mergeValues([
      layer('chart', { replicas: 1, env: { A: 'chart', B: 'chart' }, hosts: ['a', 'b'], probe: { path: '/' } }),
      layer('repository', null),
      layer('override', { replicas: 2, env: { B: 'override' }, hosts: ['c'], probe: null }),
    ]);
    expect(values).toEqual({ replicas: 2, env: { A: 'chart', B: 'override' }, hosts: ['c'], probe: null });
    expect(origins).toEqual({
      '/replicas': 'override',
      '/env/A': 'chart',
      '/env/B': 'override',
      '/hosts': 'override',
      '/probe': 'override',
    });
  });

  it('does what merging means, for any number of layers', () => {
    fc.assert(
      fc.property(fc.array(fc.option(anyValues), { maxLength: VALUE_LAYERS.length }), (stack) => {
        const layers = stack.map((values, index) => layer(VALUE_LAYERS[index] as ValueLayer, values));
        const expected = stack.reduce<JsonObject>((lower, upper) => merged(lower, upper ?? {}), {});
        expect(mergeValues(layers).values).toEqual(expected);
      }),
    );
  });

  it('names the origin of exactly the leaves', () => {
    fc.assert(
      fc.property(anyValues, anyValues, anyValues, (chart, repository, override) => {
        const layers = [layer('chart', chart), layer('repository', repository), layer('override', override)];
        const { values, origins } = mergeValues(layers);
        expect(Object.keys(origins).toSorted()).toEqual(leavesOf(values).toSorted());
      }),
    );
  });

  it('names as the origin of a leaf the highest layer that says just that', () => {
    fc.assert(
      fc.property(anyValues, anyValues, anyValues, (chart, repository, override) => {
        const layers = [layer('chart', chart), layer('repository', repository), layer('override', override)];
        const { values, origins } = mergeValues(layers);
        for (const [pointer, origin] of Object.entries(origins)) {
          const speaking = layers.filter(({ values: own }) => at(own ?? {}, pointer) !== undefined);
          const leafValue = at(values, pointer);
          if (isJsonObject(leafValue)) {
            expect(speaking.map(({ layer: name }) => name)).toContain(origin);
          } else {
            expect(origin).toBe(speaking.at(-1)?.layer);
            expect(at(speaking.at(-1)?.values ?? {}, pointer)).toEqual(leafValue);
          }
        }
      }),
    );
  });

  it('takes time in proportion to what there is to merge', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key-${String(index)}`, index]));
    const layers = VALUE_LAYERS.map((name) => layer(name, many));
    expect(Object.keys(mergeValues(layers).origins)).toHaveLength(50_000);
  });

  it('changes none of the layers', () => {
    fc.assert(
      fc.property(anyValues, anyValues, (lower, upper) => {
        const before = JSON.stringify([lower, upper]);
        mergeValues([layer('chart', lower), layer('override', upper)]);
        expect(JSON.stringify([lower, upper])).toBe(before);
      }),
    );
  });
});

describe('environment variables', () => {
  it('are the texts under `env`', () => {
    expect(environmentVariables({ env: { A: 'x', B: null, C: 3, D: { e: 'f' } }, other: { X: 'y' } })).toEqual({
      A: 'x',
    });
    for (const env of [null, [], 'A=x', 3]) expect(environmentVariables({ env })).toEqual({});
    expect(environmentVariables({})).toEqual({});
  });

  it('are found faulty each at its place', () => {
    expect(environmentVariableFaults({})).toEqual([]);
    expect(environmentVariableFaults({ env: null })).toEqual([]);
    expect(environmentVariableFaults({ env: { GOOD: 'x', _also: '', GONE: null } })).toEqual([]);
    expect(environmentVariableFaults({ env: ['A=x'] })).toEqual([
      { path: ['env'], message: 'must be a map of strings' },
    ]);
    const faults = environmentVariableFaults({
      env: { 'A-B': 'x', '1A': 'x', '': 'x', B: 3, C: { d: 1 }, D: 'a\0b', É: 'x' },
    });
    expect(faults.map(({ path, message }) => `${path.join('.')} ${message}`).toSorted()).toEqual([
      'env. is not a name that an environment variable can have',
      'env.1A is not a name that an environment variable can have',
      'env.A-B is not a name that an environment variable can have',
      'env.B must be a string',
      'env.C must be a string',
      'env.D must not contain a null character',
      'env.É is not a name that an environment variable can have',
    ]);
  });
});
