import { z } from 'zod';
import type { PageRequest } from '../../ports/environment-store.ts';

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 200;

/** A whole number in a query. */
export function queryInt(min: number, max: number) {
  return z.preprocess(
    (text) => (typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : text),
    z.int().min(min).max(max),
  );
}

export const queryBoolean = z.preprocess(
  (text) => (text === 'true' ? true : text === 'false' ? false : text),
  z.boolean(),
);

/** A parameter that may be given several times. */
export function repeatable<T extends z.ZodType>(item: T) {
  return z.preprocess((given) => (given === undefined || Array.isArray(given) ? given : [given]), z.array(item));
}

const pageFields = {
  limit: queryInt(1, PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT).meta({ description: 'Items on a page' }),
  cursor: z.string().min(1).max(1000).optional().meta({ description: '`next_cursor` of the page before' }),
};

export const pageQuery = z.strictObject(pageFields);

export function pageQueryWith<T extends z.ZodRawShape>(fields: T) {
  return z.strictObject({ ...pageFields, ...fields });
}

export function pageRequest({ limit, cursor }: z.output<typeof pageQuery>): PageRequest {
  return { limit, cursor };
}
