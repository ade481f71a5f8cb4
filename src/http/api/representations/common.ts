import { z } from 'zod';

/** RFC 3339, UTC, to the millisecond. */
export const timestamp = z.iso.datetime().meta({ examples: ['2026-03-01T12:00:00.000Z'] });

/** Any JSON object, such as Helm values. */
export const jsonObject = z.record(z.string(), z.unknown());

export const nextCursor = z.string().nullable().meta({
  description: 'Give it as `cursor` to get the next page; null at the end',
});

/** A page of a list. */
export function pageOf<T extends z.ZodType>(id: string, item: T) {
  return z.strictObject({ items: z.array(item), next_cursor: nextCursor }).meta({ id });
}

/** A whole list, for what is never long. */
export function listOf<T extends z.ZodType>(id: string, item: T) {
  return z.strictObject({ items: z.array(item) }).meta({ id });
}

/** E-mail address of who made or owns a record. */
export const person = z.string().meta({ examples: ['ada@example.com'] });
