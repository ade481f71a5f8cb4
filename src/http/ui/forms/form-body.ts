import type { FastifyRequest } from 'fastify';
import { Failure } from '../../../core/errors.ts';

/** The fields of a submitted form, as text. */
export interface FormBody {
  /** Without spaces around it; undefined where the field is missing or empty. */
  text(name: string): string | undefined;
  /** As it was typed: for what may begin or end with spaces, such as a password. */
  exact(name: string): string;
  /** Every value of a field that may be there several times. */
  all(name: string): readonly string[];
  /** The first value of each field, as it was typed, to be shown again. */
  readonly typed: Readonly<Record<string, string>>;
}

export function readForm(request: FastifyRequest): FormBody {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Failure('malformed', 'The form arrived empty. Load the page again and repeat it.');
  }
  const values = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(body)) {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    values.set(
      name,
      list.filter((item) => typeof item === 'string'),
    );
  }
  const exact = (name: string): string => values.get(name)?.[0] ?? '';
  return {
    text: (name) => exact(name).trim() || undefined,
    exact,
    all: (name) => values.get(name) ?? [],
    typed: Object.fromEntries([...values].map(([name, list]) => [name, list[0] ?? ''])),
  };
}

/** The fields of a query, of which only the first value counts. */
export function readQuery(request: FastifyRequest): (name: string) => string | undefined {
  const query = request.query as Readonly<Record<string, unknown>>;
  return (name) => {
    const value = query[name];
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' && first !== '' ? first : undefined;
  };
}
