import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Scalar,
} from 'yaml';
import { isPrototypeKey, type JsonValue } from '../../core/json.ts';
import type { FileFault } from '../../core/repository-file.ts';

export type Path = readonly (string | number)[];

/** A fault, and where it is; null where it is not in one value. */
export interface TreeFault extends FileFault {
  readonly path: Path | null;
}

/** A document as plain values. Where it has faults, what can be known in spite of them. */
export interface YamlTree {
  readonly value: JsonValue;
  readonly faults: readonly TreeFault[];
  /** Line of the key or item at a path, or of the nearest one above it that there is. */
  lineOf(path: Path): number;
}

const MAX_DEPTH = 32;
/** Values that aliases may stand for in all; more is an attempt to fill the memory. */
const MAX_ALIASED_VALUES = 10_000;
const PLAIN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/**
 * Reads one document of YAML 1.2 (core schema) that stands for JSON: no tags of other types, no merge keys, no keys that
 * reach a prototype, no cycles.
 * @param isText where a number or a truth value is taken for the text that stands there
 */
export function readYamlTree(text: string, isText: (path: Path) => boolean): YamlTree {
  const counter = new LineCounter();
  // What is missing at the end is missing in the last line that holds anything.
  const lastLine = text.trimEnd().split(/\r\n?|\n/).length;
  const lineAt = (offset: number): number => Math.min(counter.linePos(offset).line || 1, lastLine);
  const documents = parse(text, counter);
  const syntax = documents?.flatMap(({ errors }) => errors) ?? [];
  // The parser recurses, and tells of some overflows of the stack as of faults of the text.
  if (documents === null || syntax.some(({ message }) => message.includes('call stack'))) {
    return broken([{ line: 1, path: null, message: 'the file is nested too deeply' }]);
  }
  const [document, second] = documents;
  if (!document) return broken([]);
  if (syntax.length > 0) {
    return broken(
      syntax.map(({ message, pos }) => ({ line: lineAt(pos[0]), path: null, message: oneSentence(message) })),
    );
  }
  if (second) {
    const message = 'a second document begins here, and only one is read';
    return broken([{ line: lineAt(document.range[2]), path: null, message }]);
  }
  return walk(document, lineAt, isText);
}

function parse(text: string, lineCounter: LineCounter): readonly Document.Parsed[] | null {
  try {
    const documents = parseAllDocuments(text, {
      lineCounter,
      prettyErrors: false,
      logLevel: 'silent',
      version: '1.2',
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      stringKeys: true,
      // Looked for below, in linear time.
      uniqueKeys: false,
    });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function walk(
  document: Document.Parsed,
  lineAt: (offset: number) => number,
  isText: (path: Path) => boolean,
): YamlTree {
  const faults: TreeFault[] = [];
  const lines = new Map<string, number>();
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let aliased = 0;

  function fault(line: number, path: Path, message: string): null {
    faults.push({ line, path, message });
    return null;
  }

  function valueOf(node: unknown, path: Path, line: number, insideAlias: boolean): JsonValue {
    if (isAlias(node)) return aliasValue(node.source, path, line);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (insideAlias) aliased += 1;
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    const { tag } = node;
    if (tag !== undefined && !PLAIN_TAGS.has(tag))
      return fault(line, path, `${nameOf(path)} has the tag ${tag}, which is not supported`);
    if (isScalar(node)) return scalarValue(node, path, line);
    if (path.length >= MAX_DEPTH)
      return fault(line, path, `${nameOf(path.slice(0, 3))} is nested deeper than ${String(MAX_DEPTH)} levels`);
    open.add(node);
    const value = isMap(node)
      ? mapValue(node.items, path, line, insideAlias)
      : listValue(node.items, path, line, insideAlias);
    open.delete(node);
    return value;
  }

  function aliasValue(source: string, path: Path, line: number): JsonValue {
    const target = anchors.get(source);
    if (!target) return fault(line, path, `${nameOf(path)} is the alias *${source} of something that is not there`);
    if (open.has(target))
      return fault(line, path, `${nameOf(path)} is the alias *${source} of something that it is itself a part of`);
    if (aliased > MAX_ALIASED_VALUES) return null;
    const value = valueOf(target, path, line, true);
    if (aliased > MAX_ALIASED_VALUES && !faults.some(({ path: at }) => at === null)) {
      faults.push({
        line: 1,
        path: null,
        message: `the aliases of the file stand for more than ${String(MAX_ALIASED_VALUES)} values`,
      });
    }
    return value;
  }

  function scalarValue(node: Scalar, path: Path, line: number): JsonValue {
    const { value, source } = node;
    if (typeof value === 'number' && !Number.isFinite(value))
      return fault(line, path, `${nameOf(path)} must be a number, not ${source ?? ''}`);
    if (typeof value === 'number' || typeof value === 'boolean')
      return isText(path) ? (source ?? String(value)) : value;
    return typeof value === 'string' ? value : null;
  }

  function listValue(items: readonly unknown[], path: Path, line: number, insideAlias: boolean): JsonValue {
    return items.map((item, index) => {
      const at = [...path, index];
      const itemLine = insideAlias ? line : lineOfNode(item, line);
      lines.set(JSON.stringify(at), itemLine);
      return valueOf(item, at, itemLine, insideAlias);
    });
  }

  function mapValue(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    path: Path,
    line: number,
    insideAlias: boolean,
  ): JsonValue {
    const entries = new Map<string, JsonValue>();
    for (const pair of items) {
      const key = isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : '';
      const at = [...path, key];
      const keyLine = insideAlias ? line : lineOfNode(pair.key, line);
      const isKnown = entries.has(key);
      if (isKnown) fault(keyLine, at, `${nameOf(at)} stands there twice`);
      else lines.set(JSON.stringify(at), keyLine);
      if (key === '<<') fault(keyLine, at, `${nameOf(at)} is a merge, which is not supported: write the keys out`);
      if (isPrototypeKey(key)) fault(keyLine, at, `${nameOf(at)} is a key that is not allowed`);
      const value = valueOf(pair.value, at, keyLine, insideAlias);
      if (!isKnown && !isPrototypeKey(key)) entries.set(key, value);
    }
    return Object.fromEntries(entries);
  }

  function lineOfNode(node: unknown, otherwise: number): number {
    const { range } = (node ?? {}) as { range?: readonly number[] | null };
    return range?.[0] === undefined ? otherwise : lineAt(range[0]);
  }

  function lineOf(path: Path): number {
    for (let length = path.length; length > 0; length -= 1) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return lineOfNode(document.contents, 1);
  }

  const value = valueOf(document.contents, [], lineOfNode(document.contents, 1), false);
  return { value, faults, lineOf };
}

/** How a place is called in a sentence: `env.PORT`. */
export function nameOf(path: Path): string {
  return path.length === 0 ? 'the file' : path.join('.');
}

function oneSentence(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/\.$/, '');
}

function broken(faults: readonly TreeFault[]): YamlTree {
  return { value: null, faults, lineOf: () => 1 };
}
