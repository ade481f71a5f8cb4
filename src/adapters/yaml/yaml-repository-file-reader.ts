import { isMap, isNode, isScalar, LineCounter, parseAllDocuments, visit, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { environmentVariableFaults } from '../../core/values.ts';
import { findPrototypeKey, isDeeperThan, isJsonObject, type JsonObject } from '../../core/json.ts';
import type { FileFault } from '../../core/repository-file.ts';
import type { RepositoryFileReader } from '../../ports/repository-file-reader.ts';
import { repositoryFileSchema } from './repository-file-schema.ts';

const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
/** How much aliases may multiply what stands in the file; more is an attempt to fill the memory. */
const MAX_ALIAS_COUNT = 100;

type Result = ReturnType<RepositoryFileReader['read']>;
type Path = readonly PropertyKey[];

export function createYamlRepositoryFileReader(): RepositoryFileReader {
  return { read };
}

function read(text: string): Result {
  if (Buffer.byteLength(text) > MAX_BYTES) return fault(1, `is larger than ${String(MAX_BYTES / 1024)} KiB`);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
    prettyErrors: false,
    schema: 'core',
  });
  if (!Array.isArray(documents) || documents.length === 0) return understood({}, () => 1);
  const [document, second] = documents;
  if (!document) return understood({}, () => 1);
  if (second) return fault(lines.linePos(second.range[0]).line, 'holds more than one document: only one is read');
  const lineAt = (offset: number): number => lines.linePos(offset).line || 1;
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    line: lineAt(error.pos[0]),
    message: firstLine(error.message),
  }));
  if (syntax.length > 0) return { file: null, faults: syntax };
  const structure = structureFaults(document, lineAt);
  if (structure.length > 0) return { file: null, faults: structure };
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (error) {
    return fault(1, `can't be read: ${firstLine(String(error instanceof Error ? error.message : error))}`);
  }
  if (content === null || content === undefined) return understood({}, () => 1);
  if (!isJsonObject(content)) return fault(1, 'must be a map of `build`, `run`, `health`, `env` and `values`');
  if (isDeeperThan(content, MAX_DEPTH)) return fault(1, `is nested deeper than ${String(MAX_DEPTH)} levels`);
  const forbidden = findPrototypeKey(content);
  const lineOf = (path: Path): number => lineOfPath(document, path, lineAt);
  if (forbidden) return fault(lineOf(forbidden), `the key ${forbidden.at(-1) ?? ''} is not allowed`);
  return understood(content, lineOf);
}

function understood(content: JsonObject, lineOf: (path: Path) => number): Result {
  const parsed = repositoryFileSchema.safeParse(content);
  if (!parsed.success)
    return { file: null, faults: parsed.error.issues.flatMap((issue) => issueFaults(issue, [], lineOf)) };
  const { build, run, health, env, values } = parsed.data;
  const chartValues = values as JsonObject;
  const faults = environmentVariableFaults(chartValues).map(({ path, message }) => ({
    line: lineOf(['values', ...path]),
    message: `values.${path.join('.')} ${message}`,
  }));
  if (faults.length > 0) return { file: null, faults };
  // `env` at the top is the short form of `values.env`, and wins over it.
  const merged =
    Object.keys(env).length === 0 ? chartValues : { ...chartValues, env: { ...asObject(chartValues['env']), ...env } };
  return { file: { build, run, health, values: merged }, faults: null };
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The faults of one issue: unknown keys each at their own line, unions by their own sentence. */
function issueFaults(issue: z.core.$ZodIssue, prefix: Path, lineOf: (path: Path) => number): FileFault[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: lineOf([...path, key]),
      message: `unknown key ${[...path, key].join('.')}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    // The form whose shape fits says what is wrong in it; where no shape fits, the union's own sentence does.
    const closest = issue.errors.find((errors) =>
      errors.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    );
    if (closest) return closest.flatMap((inner) => issueFaults(inner, path, lineOf));
  }
  const name = path.map(String).join('.');
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ line: lineOf(path), message: `${name === '' ? 'the file' : name} ${message}` }];
}

/** Cyclic anchors, custom tags and merge keys, which have no place in this file. */
function structureFaults(document: Document, lineAt: (offset: number) => number): FileFault[] {
  const faults: FileFault[] = [];
  const lineOfNode = (node: Node): number => lineAt(node.range?.[0] ?? 0);
  visit(document, {
    Alias(_key, alias, path) {
      const target = alias.resolve(document);
      if (target && path.includes(target)) {
        faults.push({ line: lineOfNode(alias), message: `the alias *${alias.source} refers to itself` });
      }
    },
    Pair(_key, pair) {
      if (isScalar(pair.key) && pair.key.value === '<<') {
        faults.push({ line: lineOfNode(pair.key), message: 'merge keys (<<) are not supported' });
      }
    },
    Node(_key, node) {
      if ('tag' in node && typeof node.tag === 'string' && !node.tag.startsWith('tag:yaml.org,2002:')) {
        faults.push({ line: lineOfNode(node), message: `the tag ${node.tag} is not supported` });
      }
    },
  });
  return faults;
}

/** Line of the key at a path, or of the nearest place above it that the file has. */
function lineOfPath(document: Document, path: Path, lineAt: (offset: number) => number): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parentPath = path.slice(0, length - 1).map(String);
    const parent = parentPath.length === 0 ? document.contents : document.getIn(parentPath, true);
    const wanted = String(path[length - 1]);
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === wanted);
      if (pair && isNode(pair.key) && pair.key.range) return lineAt(pair.key.range[0]);
    }
    const item = document.getIn(path.slice(0, length), true);
    if (isNode(item) && item.range) return lineAt(item.range[0]);
  }
  return 1;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function fault(line: number, message: string): Result {
  return { file: null, faults: [{ line, message }] };
}
