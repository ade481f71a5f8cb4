import { z } from 'zod';
import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { CommitInfo } from '../../../ports/git-repositories.ts';
import { jsonObject, listOf, pageOf, person, timestamp } from './common.ts';

export const repositoryResponse = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    default_branch: z.string(),
    path: z.string().meta({ description: 'Subfolder; empty for the root' }),
    image: z.string().nullable(),
    has_credential: z.boolean().meta({ description: 'The credential itself is never shown' }),
    has_image_credential: z.boolean().meta({ description: 'The credential itself is never shown' }),
    values: jsonObject.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    created_by: person,
  })
  .meta({ id: 'RepositoryResponse' });
export const repositoryPage = pageOf('RepositoryPage', repositoryResponse);

export function toRepositoryResponse({ id, record }: Versioned<Repository>): z.output<typeof repositoryResponse> {
  return {
    id,
    name: record.name,
    url: record.url,
    default_branch: record.defaultBranch,
    path: record.path,
    image: record.image,
    has_credential: record.sealedCredential !== null,
    has_image_credential: record.sealedImageCredential !== null,
    values: record.values,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    created_by: record.createdBy.email,
  };
}

const branch = z.strictObject({ name: z.string(), commit_sha: z.string() }).meta({ id: 'Branch' });
export const branchList = z
  .strictObject({
    items: z.array(branch),
    total: z.int().meta({ description: 'How many branches match in all' }),
    default_branch: z.string().nullable().meta({ description: "What the remote's HEAD points to" }),
  })
  .meta({ id: 'BranchList' });

const commit = z
  .strictObject({
    commit_sha: z.string(),
    subject: z.string(),
    author: z.string(),
    committed_at: z.string(),
  })
  .meta({ id: 'Commit' });
export const commitList = listOf('CommitList', commit);

export function toCommit(info: CommitInfo): z.output<typeof commit> {
  return {
    commit_sha: info.commit,
    subject: info.subject,
    author: info.author,
    committed_at: info.committedAt,
  };
}

export const repositoryTest = z
  .strictObject({
    ok: z.boolean(),
    message: z.string().meta({ description: 'What was found, or what is wrong and what to do' }),
    branch_count: z.int(),
    default_branch: z.string().nullable(),
  })
  .meta({ id: 'RepositoryTest' });
