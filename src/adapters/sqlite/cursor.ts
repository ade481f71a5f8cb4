import { invalid } from '../../core/errors.ts';

/** Place in a list after which the next page begins; only its parts' order means anything, and only here. */
export function encodeCursor(list: string, ...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...parts])).toString('base64url');
}

/** @returns as many parts as `count` says. Fails with `invalid` for whatever `encodeCursor` did not make for this list. */
export function decodeCursor(cursor: string, list: string, count: number): readonly string[] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  if (parts?.length !== count + 1 || parts[0] !== list || encodeCursor(list, ...parts.slice(1)) !== cursor) {
    throw invalid([
      {
        loc: ['query', 'cursor'],
        msg: 'is not a cursor of this list: take next_cursor of the page before, or leave it out',
        type: 'cursor',
      },
    ]);
  }
  return parts.slice(1);
}

function parse(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : null;
  } catch {
    return null;
  }
}
