import { isMap, LineCounter, parseDocument, stringify, visit, type Document } from 'yaml';
import type { JsonObject } from '../../../core/json.ts';
import { values as valuesContract } from '../../../services/contract/fields.ts';

export interface ReadValues {
  /** Null where nothing was typed, or something is wrong. */
  readonly values: JsonObject | null;
  /** Sentences that begin with the line. */
  readonly faults: readonly string[];
}

const MAX_BYTES = 512 * 1024;

/** Reads values that somebody typed, as YAML or as JSON (which YAML contains), and holds them against the contract. */
export function readValues(text: string): ReadValues {
  if (text.trim() === '') return { values: null, faults: [] };
  if (Buffer.byteLength(text) > MAX_BYTES) return refuse([`This is larger than ${String(MAX_BYTES / 1024)} KiB.`]);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: false,
    prettyErrors: false,
    schema: 'core',
    stringKeys: true,
    uniqueKeys: true,
  });
  const at = (offset: number, message: string): string => `Line ${String(lines.linePos(offset).line || 1)}: ${message}`;
  const syntax = [...document.errors, ...document.warnings].map(({ pos, message }) => at(pos[0], ended(message)));
  if (syntax.length > 0) return refuse(syntax);
  if (document.contents === null) return { values: null, faults: [] };
  if (!isMap(document.contents)) return refuse(['Line 1: the values must be a map of names to values.']);
  const structure = structureFaults(document, at);
  if (structure.length > 0) return refuse(structure);
  const parsed = valuesContract.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return { values: parsed.data, faults: [] };
  return refuse(
    parsed.error.issues.map(({ path, message }) => {
      const name = path.length === 0 ? 'this' : path.join('.');
      return at(offsetOf(document, path), `${name} ${ended(message)}`);
    }),
  );
}

/** Values as the text that is edited. */
export function valuesText(values: JsonObject | null): string {
  return values === null || Object.keys(values).length === 0 ? '' : stringify(values, { lineWidth: 0 });
}

function refuse(faults: readonly string[]): ReadValues {
  return { values: null, faults };
}

/** What YAML can say and JSON can't. */
function structureFaults(document: Document, at: (offset: number, message: string) => string): string[] {
  const faults: string[] = [];
  visit(document, {
    Alias(_key, node) {
      faults.push(at(node.range?.[0] ?? 0, 'aliases (*name) are not possible here: write the value out.'));
    },
    Scalar(_key, node) {
      if (typeof node.value === 'number' && !Number.isFinite(node.value)) {
        faults.push(at(node.range?.[0] ?? 0, 'this number cannot be kept: write it as text, in quotes.'));
      }
    },
  });
  return faults;
}

/** Where the innermost part of a path begins that exists in the text. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] | null } | null | undefined;
    const start = node?.range?.[0];
    if (start !== undefined) return start;
  }
  return 0;
}

function ended(message: string): string {
  const line = message.split('\n')[0] ?? message;
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
