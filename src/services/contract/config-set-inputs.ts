import { z } from 'zod';
import { identifier, shortText, values } from './fields.ts';

const secretName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    message: 'must be a name that an environment variable can have',
  });
const secretValue = z
  .string()
  .max(65_536)
  .refine((text) => !text.includes('\0'), { message: 'must not contain a null character' });

const description = z.string().max(2000);
const repositoryIds = z.array(identifier).max(500).meta({
  description: 'Repositories whose environments may use it. Any branch of theirs can print what it is given.',
});

export const configSetCreate = z
  .strictObject({
    name: shortText,
    description: description.default(''),
    repository_ids: repositoryIds.default([]),
    values: values.default({}),
    secrets: z
      .record(secretName, secretValue)
      .default({})
      .meta({ description: 'Write-only: environment variables whose values are kept encrypted', writeOnly: true }),
  })
  .meta({ id: 'ConfigSetCreate' });
export type ConfigSetCreate = z.output<typeof configSetCreate>;

/** Every change is a new revision. Secrets that are not named stay; `null` removes one. */
export const configSetUpdate = z
  .strictObject({
    name: shortText.optional(),
    description: description.optional(),
    repository_ids: repositoryIds.optional(),
    values: values.optional(),
    secrets: z.record(secretName, secretValue.nullable()).optional().meta({ writeOnly: true }),
  })
  .meta({ id: 'ConfigSetUpdate' });
export type ConfigSetUpdate = z.output<typeof configSetUpdate>;
