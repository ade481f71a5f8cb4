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
  const speaking = layers.flatMap(({ layer, values }) => (values === null ? [] : [{ layer, value: values }]));
  const values = speaking.reduce<JsonObject>((lower, { value }) => mergeObjects(lower, value), {});
  const origins: Record<string, ValueLayer> = {};
  noteOrigins(values, speaking, '', origins);
  return { values, origins };
}

/** What was merged before with one more layer over it. */
export function mergeLayer(below: MergedValues, { layer, values: upper }: LayeredValues): MergedValues {
  if (upper === null) return below;
  const values = mergeObjects(below.values, upper);
  const origins: Record<string, ValueLayer> = {};
  noteOrigins(values, [{ layer, value: upper }], '', origins, below.origins);
  return { values, origins: origins };
}

/** The values alone, for whom it does not matter where they come from. */
export function mergeObjects(lower: JsonObject, upper: JsonObject): JsonObject {
  const result: Record<string, JsonValue> = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const below = Object.hasOwn(lower, key) ? lower[key] : undefined;
    result[key] = isJsonObject(value) && isJsonObject(below) ? mergeObjects(below, value) : value;
  }
  return result;
}

/** What a layer says at one place. */
interface Said {
  readonly layer: ValueLayer;
  readonly value: JsonValue;
}

/**
 * The origin of a leaf is the highest layer that says anything at its place. One walk, whatever the number of leaves.
 * @param below where the leaves come from that none of the layers speaks of
 */
function noteOrigins(
  merged: JsonObject,
  speaking: readonly Said[],
  pointer: string,
  origins: Record<string, ValueLayer>,
  below: Readonly<Record<string, ValueLayer>> = {},
): void {
  for (const [key, value] of Object.entries(merged)) {
    const childPointer = `${pointer}/${escapePointer(key)}`;
    const said = speaking.flatMap(({ layer, value: own }): Said[] => {
      const child = isJsonObject(own) && Object.hasOwn(own, key) ? own[key] : undefined;
      return child === undefined ? [] : [{ layer, value: child }];
    });
    const origin = said.at(-1)?.layer ?? below[childPointer];
    if (isJsonObject(value) && Object.keys(value).length > 0) noteOrigins(value, said, childPointer, origins, below);
    else if (origin !== undefined) origins[childPointer] = origin;
  }
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
