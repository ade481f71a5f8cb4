import type { JsonValue } from '../../../core/json.ts';
import type { EffectiveValues } from '../../../core/records.ts';
import type { ValueLayer } from '../../../core/values.ts';

export interface ValueLeaf {
  /** Keys from the outside in. */
  readonly path: readonly string[];
  readonly text: string;
  readonly layer: ValueLayer;
}

/** Each leaf of merged values with where it comes from, in the order of the paths. */
export function valueLeaves({ values, origins }: Pick<EffectiveValues, 'values' | 'origins'>): readonly ValueLeaf[] {
  return Object.entries(origins)
    .map(([pointer, layer]) => {
      const path = pointer.slice(1).split('/').map(unescapePointer);
      return { path, layer, text: leafText(valueAt(values, path)) };
    })
    .sort((left, right) => left.path.join('/').localeCompare(right.path.join('/')));
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function valueAt(values: JsonValue, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = values;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, JsonValue>>)[key];
  }
  return value;
}

function leafText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
