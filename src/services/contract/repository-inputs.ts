import { z } from 'zod';
import { branchName, shortText, values } from './fields.ts';

const subfolder = z
  .string()
  .max(500)
  .refine(
    (path) => !path.startsWith('/') && !path.includes('\\') && !path.includes('\0') && !path.split('/').includes('..'),
    {
      message: 'must be a folder within the repository, without a leading slash or ".."',
    },
  )
  .transform((path) => path.replace(/\/+$/, '').replace(/^\.(?:\/|$)/, ''));

const image = z
  .string()
  .max(500)
  .regex(/^[a-z0-9][^\s]*$/, { message: 'must be an image reference such as registry.example/app:{sha}' });

const credential = z.string().min(1).max(20_000).meta({
  description: 'Write-only: a token or USER:PASSWORD for https, a private key for ssh. Kept encrypted.',
  writeOnly: true,
});

export const repositoryCreate = z
  .strictObject({
    url: z.string().min(1).meta({
      description: 'https://HOST/PATH, USER@HOST:PATH, ssh://USER@HOST/PATH, or in development an absolute path',
    }),
    name: shortText.optional(),
    default_branch: branchName.optional(),
    path: subfolder.default(''),
    image: image.nullish(),
    credential: credential.nullish(),
    values: values.nullish(),
  })
  .meta({ id: 'RepositoryCreate' });
export type RepositoryCreate = z.output<typeof repositoryCreate>;

/** Only what is given changes; `credential: null` forgets it. */
export const repositoryUpdate = z
  .strictObject({
    url: z.string().min(1).optional(),
    name: shortText.optional(),
    default_branch: branchName.optional(),
    path: subfolder.optional(),
    image: image.nullable().optional(),
    credential: credential.nullable().optional(),
    values: values.nullable().optional(),
  })
  .meta({ id: 'RepositoryUpdate' });
export type RepositoryUpdate = z.output<typeof repositoryUpdate>;
