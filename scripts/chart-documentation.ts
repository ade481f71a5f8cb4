import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';

/** The charts of this repository, by their folder. */
export const charts = ['charts/workload', 'gitops/root', 'gitops/platform'] as const;
export type ChartFolder = (typeof charts)[number];

export const repositoryFile = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface DocumentedValue {
  path: readonly string[];
  description: string;
}

interface JsonSchema {
  description?: string;
  properties?: Record<string, JsonSchema>;
}

/** A file of a chart that follows from its values.yaml, as it should be. */
export interface WrittenFile {
  path: string;
  text: string;
}

/**
 * The README and the schema of a chart, with the comments of its values.yaml as the table of the one and the
 * descriptions of the other. Throws when a value has no comment, or when values and schema know different keys.
 */
export async function documentChart(folder: ChartFolder): Promise<WrittenFile[]> {
  const read = (name: string): Promise<string> => readFile(repositoryFile(join(folder, name)), 'utf8');
  const valuesText = await read('values.yaml');
  const schemaText = await read('values.schema.json');
  const readme = await read('README.md');
  const values = documentedValues(valuesText);
  const schema = describeSchema(JSON.parse(schemaText) as JsonSchema, values);
  return Promise.all([
    formatted(join(folder, 'values.schema.json'), JSON.stringify(schema)),
    formatted(join(folder, 'README.md'), replaceTable(readme, tableOf(values, parse(valuesText)))),
  ]);
}

async function formatted(path: string, text: string): Promise<WrittenFile> {
  const file = repositoryFile(path);
  const options = await resolveConfig(file);
  return { path, text: await format(text, { ...options, filepath: file }) };
}

/** Every key that has a comment directly above it, in the order of the file. */
export function documentedValues(valuesText: string): DocumentedValue[] {
  const values: DocumentedValue[] = [];
  const parents: string[] = [];
  let comment: string[] = [];
  for (const line of valuesText.split('\n')) {
    const text = /^\s*# (.*)$/.exec(line)?.[1];
    if (text !== undefined) {
      comment.push(text);
      continue;
    }
    const [, indent, key] = /^((?: {2})*)([\w.-]+):/.exec(line) ?? [];
    if (indent !== undefined && key !== undefined) {
      parents.length = indent.length / 2;
      parents.push(key);
      if (comment.length > 0) values.push({ path: [...parents], description: comment.join(' ') });
    }
    comment = [];
  }
  return values;
}

function describeSchema(schema: JsonSchema, values: readonly DocumentedValue[]): JsonSchema {
  const described = structuredClone(schema);
  for (const { path, description } of values) {
    const property = propertyAt(described, path);
    if (property === undefined) throw new Error(`values.schema.json has no ${path.join('.')}, which values.yaml has.`);
    property.description = description;
  }
  const documented = new Set(values.map(({ path }) => path.join('.')));
  const missing = propertyPaths(described).filter((path) => path !== 'global' && !documented.has(path));
  if (missing.length > 0) throw new Error(`values.yaml has no comment on ${missing.join(', ')}.`);
  return described;
}

function propertyAt(schema: JsonSchema, path: readonly string[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((inner, key) => inner?.properties?.[key], schema);
}

function propertyPaths({ properties = {} }: JsonSchema, parent = ''): string[] {
  return Object.entries(properties).flatMap(([key, inner]) => [
    `${parent}${key}`,
    ...propertyPaths(inner, `${parent}${key}.`),
  ]);
}

function tableOf(values: readonly DocumentedValue[], defaults: unknown): string {
  const rows = values.map(({ path, description }) => {
    const isSection = values.some(
      (other) => other.path.length > path.length && path.every((key, i) => other.path[i] === key),
    );
    const cell = isSection ? '' : `\`${JSON.stringify(valueAt(defaults, path))}\``;
    return `| \`${path.join('.')}\` | ${cell} | ${description.replaceAll('|', '\\|')} |`;
  });
  return ['| value | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], values);
}

const TABLE = /(<!-- values: npm run charts -->\n)[\s\S]*?(<!-- end of values -->)/;

function replaceTable(readme: string, table: string): string {
  if (!TABLE.test(readme)) throw new Error('README.md has no place for the table of values.');
  return readme.replace(TABLE, (_whole, start: string, end: string) => `${start}\n${table}\n\n${end}`);
}
