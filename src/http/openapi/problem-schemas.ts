import { z } from 'zod';
import { PROBLEM_MEDIA_TYPE, PROBLEMS_PAGE } from '../problem.ts';
import { PROBLEMS } from '../problem-catalogue.ts';

const fields = {
  type: z.string().meta({ description: 'Leads to what it means and what to do' }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: 'What failed, why, and what to do next' }),
  instance: z.string(),
  request_id: z.string(),
};

export const problemSchema = z.strictObject(fields).meta({ id: 'Problem', description: 'RFC 9457' });

export const validationProblemSchema = z
  .strictObject({
    ...fields,
    errors: z.array(
      z.strictObject({
        loc: z.array(z.union([z.string(), z.int()])).meta({ examples: [['body', 'ttl_hours']] }),
        msg: z.string(),
        type: z.string(),
      }),
    ),
  })
  .meta({ id: 'ValidationProblem', description: 'RFC 9457, with all faults at once' });

const VALIDATION_EXAMPLE = [
  { loc: ['body', 'ttl_hours'], msg: 'must be at most 168', type: 'less_than_equal' },
  { loc: ['body', 'colour'], msg: 'is not a known field', type: 'extra_forbidden' },
];

/** One response for each status that a problem can have, with an example. */
export function problemResponses(): Record<string, object> {
  const first = new Map<number, { readonly code: string; readonly title: string; readonly meaning: string }>();
  for (const [code, { status, title, meaning }] of Object.entries(PROBLEMS)) {
    if (!first.has(status)) first.set(status, { code, title, meaning });
  }
  return Object.fromEntries(
    [...first].map(([status, problem]) => [`Problem${String(status)}`, responseOf(status, problem)]),
  );
}

function responseOf(
  status: number,
  { code, title, meaning }: { readonly code: string; readonly title: string; readonly meaning: string },
): object {
  const schema = status === 422 ? 'ValidationProblem' : 'Problem';
  return {
    description: title,
    ...(headersOf(status) ?? {}),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: { $ref: `#/components/schemas/${schema}` },
        example: {
          type: `${PROBLEMS_PAGE}#${code}`,
          title,
          status,
          detail: meaning,
          instance: '/api/environments',
          request_id: 'req_4f1f0c9be2a300001k',
          ...(status === 422 ? { errors: VALIDATION_EXAMPLE } : {}),
        },
      },
    },
  };
}

function headersOf(status: number): object | null {
  const text = { type: 'string' };
  if (status === 401) return { headers: { 'WWW-Authenticate': { description: 'RFC 6750', schema: text } } };
  if (status !== 429 && status !== 503) return null;
  return { headers: { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } } } };
}
