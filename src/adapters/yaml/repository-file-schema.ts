import { z } from 'zod';
import { chartSchema } from './chart-schema.ts';

const COMMAND_MAX_LENGTH = 10_000;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const command = z
  .string({ error: 'must be a command, as text' })
  .trim()
  .min(1, { error: 'must not be empty' })
  .max(COMMAND_MAX_LENGTH, { error: `must have at most ${String(COMMAND_MAX_LENGTH)} characters` })
  .refine((text) => !text.includes('\0'), { error: 'must not contain a null character' });

const healthPath = z
  .string({ error: 'must be a path such as /healthz' })
  .max(2000, { error: 'must have at most 2000 characters' })
  // What can stand in the first line of a request as it is: printable ASCII.
  .regex(/^\/[\x21\x22\x24-\x7e]*$/, { error: 'must be a path that starts with a slash, without spaces' });

const DEFAULT_TIMEOUT_SECONDS = 60;

const health = z.union(
  [
    healthPath.transform((path) => ({ path, timeoutSeconds: DEFAULT_TIMEOUT_SECONDS })),
    z
      .strictObject({
        path: healthPath.default('/'),
        timeout_seconds: z
          .number({ error: 'must be a number of seconds' })
          .min(1, { error: 'must be at least 1' })
          .max(600, { error: 'must be at most 600' })
          .default(DEFAULT_TIMEOUT_SECONDS),
      })
      .transform(({ path, timeout_seconds }) => ({ path, timeoutSeconds: timeout_seconds })),
  ],
  { error: 'must be a path, or a map of `path` and `timeout_seconds`' },
);

const variables = z.record(
  z.string().regex(VARIABLE_NAME, { error: 'is not a name that an environment variable can have' }),
  z
    .union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, or true or false' })
    .transform(String)
    .refine((text) => !text.includes('\0'), { error: 'must not contain a null character' }),
  { error: 'must be a map of names to text' },
);

/** What may stand in `blueberry.yaml`. Nothing is required: an empty file says nothing. */
export const repositoryFileSchema = z.strictObject({
  build: z
    .union([command.transform((one) => [one]), z.array(command)], { error: 'must be a command or a list of commands' })
    .default([]),
  run: command.nullable().default(null),
  health: health.nullable().default(null),
  env: variables.default({}),
  values: z.record(z.string(), z.unknown(), { error: 'must be a map' }).default({}),
  chart: chartSchema.nullable().default(null),
});
