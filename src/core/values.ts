import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** The layers of values, lowest first. Blueberry's own constants win over everything. */
export const VALUE_LAYERS = ['chart', 'repository_file', 'repository', 'config_set', 'override', 'blueberry'] as const;
export type ValueLayer = (typeof VALUE_LAYERS)[number];

export interface LayeredValues {
  readonly layer: ValueLayer;
  readonly values: JsonObject | null;
}

/** Merged values, and for each leaf (by JSON pointer, RFC 6901) the layer that it comes from. */
export interface MergedValues {
  readonly values: JsonObject;
  readonly origins: Readonly<Record<string, ValueLayer>>;
}

/**
 * Maps merge deep, arrays are replaced whole, and `null` is kept, because Helm reads it as "remove the default".
 * Layers are given lowest first. Keys that reach a prototype must have been refused at the door.
 */
export function mergeValues(layers: readonly LayeredValues[]): MergedValues {
  let values: JsonObject = {};
  let origins = new Map<string, ValueLayer>();
  for (const { layer, values: upper } of layers) {
    if (upper === null) continue;
    const merged = mergeObject(values, upper, layer, '', origins);
    values = merged.values;
    origins = merged.origins;
  }
  return { values, origins: Object.fromEntries(origins) };
}

function mergeObject(
  lower: JsonObject,
  upper: JsonObject,
  layer: ValueLayer,
  pointer: string,
  origins: ReadonlyMap<string, ValueLayer>,
): { values: JsonObject; origins: Map<string, ValueLayer> } {
  const result: Record<string, JsonValue> = { ...lower };
  let nextOrigins = new Map(origins);
  for (const [key, value] of Object.entries(upper)) {
    const childPointer = `${pointer}/${escapePointer(key)}`;
    const below = Object.hasOwn(lower, key) ? lower[key] : undefined;
    if (isJsonObject(value) && (isJsonObject(below) || Object.keys(value).length > 0)) {
      const base = isJsonObject(below) ? below : {};
      if (!isJsonObject(below)) nextOrigins = withoutSubtree(nextOrigins, childPointer);
      else nextOrigins.delete(childPointer);
      const merged = mergeObject(base, value, layer, childPointer, nextOrigins);
      result[key] = merged.values;
      nextOrigins = merged.origins;
      if (Object.keys(merged.values).length === 0) nextOrigins.set(childPointer, layer);
    } else {
      nextOrigins = withoutSubtree(nextOrigins, childPointer);
      nextOrigins.set(childPointer, layer);
      result[key] = value;
    }
  }
  return { values: result, origins: nextOrigins };
}

function withoutSubtree(origins: ReadonlyMap<string, ValueLayer>, pointer: string): Map<string, ValueLayer> {
  return new Map([...origins].filter(([key]) => key !== pointer && !key.startsWith(`${pointer}/`)));
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The environment variables in values: `env`, a map of strings, means the same to every runtime. */
export function environmentVariables(values: JsonObject): Readonly<Record<string, string>> {
  const env = values['env'];
  if (!isJsonObject(env)) return {};
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === 'string') variables[name] = value;
  }
  return variables;
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What is wrong with `env` in some layer's values, each with the path of the fault; `null` removes a variable. */
export function environmentVariableFaults(values: JsonObject): { path: readonly string[]; message: string }[] {
  const env = values['env'];
  if (env === undefined || env === null) return [];
  if (!isJsonObject(env)) return [{ path: ['env'], message: 'must be a map of strings' }];
  return Object.entries(env).flatMap(([name, value]) => {
    if (!VARIABLE_NAME.test(name))
      return [{ path: ['env', name], message: 'is not a name that an environment variable can have' }];
    if (value !== null && typeof value !== 'string') return [{ path: ['env', name], message: 'must be a string' }];
    if (typeof value === 'string' && value.includes('\0'))
      return [{ path: ['env', name], message: 'must not contain a null character' }];
    return [];
  });
}
