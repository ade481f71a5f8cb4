import { z } from 'zod';
import { imageTemplateFault } from '../../core/image-reference.ts';
import { branchName, checkedString, shortText, values } from './fields.ts';

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

const image = checkedString(imageTemplateFault).meta({
  description:
    'What CI pushes for each commit, for runtimes that deploy images. Placeholders: {sha}, {short_sha}, {branch}',
  examples: ['ghcr.io/acme/web:{sha}'],
});

const credential = z.string().min(1).max(20_000).meta({
  description: 'Write-only: a token or USER:PASSWORD for https, a private key for ssh. Kept encrypted.',
  writeOnly: true,
});

const imageCredential = z.string().min(1).max(20_000).meta({
  description: 'Write-only: USER:PASSWORD or a token for the registry of `image`. Kept encrypted.',
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
    image_credential: imageCredential.nullish(),
    values: values.nullish(),
  })
  .meta({ id: 'RepositoryCreate' });
export type RepositoryCreate = z.output<typeof repositoryCreate>;

/** Only what is given changes; `credential: null` and `image_credential: null` forget what is kept. */
export const repositoryUpdate = z
  .strictObject({
    url: z.string().min(1).optional(),
    name: shortText.optional(),
    default_branch: branchName.optional(),
    path: subfolder.optional(),
    image: image.nullable().optional(),
    credential: credential.nullable().optional(),
    image_credential: imageCredential.nullable().optional(),
    values: values.nullable().optional(),
  })
  .meta({ id: 'RepositoryUpdate' });
export type RepositoryUpdate = z.output<typeof repositoryUpdate>;
