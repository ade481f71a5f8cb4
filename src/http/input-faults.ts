import type { z } from 'zod';
import type { InputFault } from '../core/errors.ts';
import { findPrototypeKey, isDeeperThan } from '../core/json.ts';

type Issue = z.core.$ZodIssue;
type Place = 'body' | 'query';

/** Types and words of a fault, by the type that was expected; the names are those that FastAPI's users know. */
const WRONG_TYPES: Readonly<Record<string, readonly [type: string, msg: string]>> = {
  string: ['string_type', 'must be a string'],
  // Every number that this API takes is a whole one.
  number: ['int_type', 'must be a whole number'],
  int: ['int_from_float', 'must be a whole number'],
  boolean: ['bool_type', 'must be true or false'],
  array: ['list_type', 'must be a list'],
  object: ['dict_type', 'must be an object'],
  record: ['dict_type', 'must be an object'],
};

/** In a query everything is text, so what is wrong is that the text is not read as such a value. */
const UNREADABLE: Readonly<Record<string, string>> = {
  int_type: 'int_parsing',
  int_from_float: 'int_parsing',
  bool_type: 'bool_parsing',
};

const BODY_MAX_DEPTH = 64;

/** Every fault that a schema finds in an input. */
export function faultsOf(issues: readonly Issue[], input: unknown, place: Place): InputFault[] {
  return issues.flatMap((issue) => faultsOfIssue(issue, input, [place]));
}

/**
 * Faults of a JSON body that count whatever the schema says: keys that could reach an object's prototype, and nesting
 * that nothing needs.
 */
export function hostileFaults(body: unknown): InputFault[] {
  if (isDeeperThan(body, BODY_MAX_DEPTH)) {
    const msg = `must not be nested deeper than ${String(BODY_MAX_DEPTH)} levels`;
    return [{ loc: ['body'], msg, type: 'value_error' }];
  }
  const key = findPrototypeKey(body);
  return key === null
    ? []
    : [{ loc: ['body', ...key.map(asIndex)], msg: 'must not have this key', type: 'value_error' }];
}

/** Faults at the same place are told once, the first of them. */
export function withoutRepeats(faults: readonly InputFault[]): InputFault[] {
  const places = new Set<string>();
  return faults.filter(({ loc }) => {
    const place = JSON.stringify(loc.map(String));
    return !places.has(place) && places.add(place);
  });
}

function faultsOfIssue(issue: Issue, input: unknown, base: InputFault['loc']): InputFault[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  const loc = [...base, ...path];
  switch (issue.code) {
    case 'invalid_type':
      return [wrongType(issue.expected, valueAt(input, path), loc)];
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ loc: [...loc, key], msg: 'is not a known field', type: 'extra_forbidden' }));
    case 'too_small':
      return [{ loc, ...tooSmall(issue.origin, issue.minimum) }];
    case 'too_big':
      return [{ loc, ...tooBig(issue.origin, issue.maximum) }];
    case 'invalid_value':
      return [{ loc, msg: `must be one of ${issue.values.map(String).join(', ')}`, type: 'enum' }];
    case 'invalid_format':
      return [{ loc, ...wrongFormat(issue.format, issue.message) }];
    case 'invalid_key':
      return issue.issues.flatMap((inner) => faultsOfIssue(inner, undefined, loc));
    case 'custom':
      return [{ loc, msg: issue.message, type: customType(issue.params) }];
    default:
      return [{ loc, msg: issue.message, type: 'value_error' }];
  }
}

function wrongType(expected: string, value: unknown, loc: InputFault['loc']): InputFault {
  if (value === undefined) return { loc, msg: 'is required', type: 'missing' };
  const [type, msg] = WRONG_TYPES[expected] ?? ['value_error', `must be of the type ${expected}`];
  return { loc, msg, type: loc[0] === 'query' ? (UNREADABLE[type] ?? type) : type };
}

function tooSmall(origin: string, minimum: number | bigint): Omit<InputFault, 'loc'> {
  const least = String(minimum);
  const isOne = Number(minimum) === 1;
  if (origin === 'string')
    return { msg: isOne ? 'must not be empty' : `must have at least ${least} characters`, type: 'string_too_short' };
  if (origin === 'array')
    return { msg: isOne ? 'must not be empty' : `must have at least ${least} items`, type: 'too_short' };
  return { msg: `must be at least ${least}`, type: 'greater_than_equal' };
}

function tooBig(origin: string, maximum: number | bigint): Omit<InputFault, 'loc'> {
  const most = String(maximum);
  if (origin === 'string') return { msg: `must have at most ${most} ${characters(maximum)}`, type: 'string_too_long' };
  if (origin === 'array') return { msg: `must have at most ${most} ${items(maximum)}`, type: 'too_long' };
  return { msg: `must be at most ${most}`, type: 'less_than_equal' };
}

function characters(count: number | bigint): string {
  return Number(count) === 1 ? 'character' : 'characters';
}

function items(count: number | bigint): string {
  return Number(count) === 1 ? 'item' : 'items';
}

function wrongFormat(format: string, message: string): Omit<InputFault, 'loc'> {
  switch (format) {
    case 'datetime':
      return { msg: 'must be a time as in 2026-03-01T12:00:00Z (RFC 3339)', type: 'datetime_parsing' };
    case 'email':
      return { msg: 'must be an e-mail address', type: 'value_error' };
    case 'regex':
      return { msg: message, type: 'string_pattern_mismatch' };
    default:
      return { msg: message, type: 'value_error' };
  }
}

function customType(params: Record<string, unknown> | undefined): string {
  return typeof params?.['type'] === 'string' ? params['type'] : 'value_error';
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

function asIndex(key: string): string | number {
  return /^\d{1,9}$/.test(key) ? Number(key) : key;
}
