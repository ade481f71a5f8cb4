import { z } from 'zod';
import type { Repository } from '../../core/records.ts';
import type { Versioned } from '../../ports/environment-store.ts';
import { branchName } from '../../services/contract/fields.ts';
import { repositoryCreate, repositoryUpdate } from '../../services/contract/repository-inputs.ts';
import { etagOf, ifMatchOf } from '../conditional-requests.ts';
import type { HttpParts } from '../parts.ts';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, pageQuery, pageRequest, queryInt } from './query.ts';
import {
  branchList,
  commitList,
  repositoryPage,
  repositoryResponse,
  repositoryTest,
  toCommit,
  toRepositoryResponse,
} from './representations/repository-response.ts';
import { apiRoute, json, type ApiReply, type ApiRoute } from './route.ts';
import { answerWrite } from './writes.ts';

const branchQuery = z.strictObject({
  q: z.string().max(255).default('').meta({ description: 'Part of the name; case does not matter' }),
  limit: queryInt(1, PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT).meta({ description: 'At most so many' }),
});

const commitQuery = z.strictObject({
  branch: branchName.optional().meta({ description: 'Left out: the default branch' }),
  limit: queryInt(1, PAGE_LIMIT_MAX).default(20).meta({ description: 'At most so many' }),
});

export function repositoryRoutes({ repositories, identifiers }: HttpParts): readonly ApiRoute[] {
  return [
    apiRoute({
      method: 'POST',
      path: '/api/repositories',
      operationId: 'createRepository',
      tag: 'Repositories',
      summary: 'Connect a repository',
      description: 'Where `default_branch` is left out, the remote is asked for its HEAD.',
      body: repositoryCreate,
      replies: [{ status: 201, description: 'Connected', schema: repositoryResponse, headers: ['ETag', 'Location'] }],
      problems: [502, 504],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => repositories.createRepository(call.actor, call.body, options),
          (created: Versioned<Repository>) => ({
            ...record(201, created),
            location: `/api/repositories/${created.id}`,
          }),
        ),
    }),
    apiRoute({
      method: 'GET',
      path: '/api/repositories',
      operationId: 'listRepositories',
      tag: 'Repositories',
      summary: 'List repositories',
      query: pageQuery,
      replies: [{ status: 200, description: 'A page of them', schema: repositoryPage }],
      async handle({ actor, query }) {
        const page = await repositories.listRepositories(actor, pageRequest(query));
        return json(200, { items: page.items.map(toRepositoryResponse), next_cursor: page.nextCursor });
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/repositories/{repository_id}',
      operationId: 'getRepository',
      tag: 'Repositories',
      summary: 'Read a repository',
      replies: [{ status: 200, description: 'The repository', schema: repositoryResponse, headers: ['ETag'] }],
      problems: [404],
      handle: async ({ actor, params }) => record(200, await repositories.getRepository(actor, idOf(params))),
    }),
    apiRoute({
      method: 'PATCH',
      path: '/api/repositories/{repository_id}',
      operationId: 'updateRepository',
      tag: 'Repositories',
      summary: 'Change a repository',
      description: [
        'Only what is given changes; `credential: null` and `image_credential: null` forget what is kept. A credential that',
        'is kept does not follow a URL that leads to another server (scheme, host or port), nor one of a registry an image',
        'that leads to another: give it again then, or null.',
      ].join(' '),
      body: repositoryUpdate,
      conditional: true,
      replies: [{ status: 200, description: 'The repository', schema: repositoryResponse, headers: ['ETag'] }],
      problems: [404],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => repositories.updateRepository(call.actor, idOf(call.params), call.body, options),
          (changed: Versioned<Repository>) => record(200, changed),
        ),
    }),
    apiRoute({
      method: 'DELETE',
      path: '/api/repositories/{repository_id}',
      operationId: 'deleteRepository',
      tag: 'Repositories',
      summary: 'Disconnect a repository',
      description: 'Refused while environments of it live.',
      conditional: true,
      replies: [{ status: 204, description: 'Disconnected' }],
      problems: [404, 409],
      async handle({ actor, params, request }) {
        await repositories.deleteRepository(actor, idOf(params), { ifVersion: ifMatchOf(request) });
        return { status: 204, body: null };
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/repositories/{repository_id}/branches',
      operationId: 'listBranches',
      tag: 'Repositories',
      summary: 'List branches',
      description: 'Asks the remote now. The default branch comes first, then those that begin with `q`.',
      query: branchQuery,
      replies: [{ status: 200, description: 'The branches', schema: branchList }],
      problems: [404, 502, 504],
      async handle({ actor, params, query }) {
        const { branches, defaultBranch } = await repositories.listBranches(actor, idOf(params));
        const found = matchingBranches(branches, query.q, defaultBranch);
        return json(200, {
          items: found.slice(0, query.limit).map(({ name, commit }) => ({ name, commit_sha: commit })),
          total: found.length,
          default_branch: defaultBranch,
        });
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/repositories/{repository_id}/commits',
      operationId: 'listCommits',
      tag: 'Repositories',
      summary: 'List the newest commits of a branch',
      query: commitQuery,
      replies: [{ status: 200, description: 'The commits, newest first', schema: commitList }],
      problems: [404, 502, 504],
      async handle({ actor, params, query }) {
        const id = idOf(params);
        const branch = query.branch ?? (await repositories.getRepository(actor, id)).record.defaultBranch;
        const commits = await repositories.listCommits(actor, id, branch, query.limit);
        return json(200, { items: commits.map(toCommit) });
      },
    }),
    apiRoute({
      method: 'POST',
      path: '/api/repositories/{repository_id}/test',
      operationId: 'testRepository',
      tag: 'Repositories',
      summary: 'Try to reach a repository',
      description: 'Changes nothing. What is wrong with it is an answer, not a problem.',
      replies: [{ status: 200, description: 'How it went', schema: repositoryTest }],
      problems: [404],
      async handle({ actor, params }) {
        const { ok, message, branchCount, defaultBranch } = await repositories.testRepository(actor, idOf(params));
        return json(200, { ok, message, branch_count: branchCount, default_branch: defaultBranch });
      },
    }),
  ];
}

function record(status: number, repository: Versioned<Repository>): ApiReply {
  return { ...json(status, toRepositoryResponse(repository)), etag: etagOf(repository.version) };
}

function idOf(params: Readonly<Record<string, string>>): string {
  return params['repository_id'] ?? '';
}

interface Branch {
  readonly name: string;
  readonly commit: string;
}

function matchingBranches(branches: readonly Branch[], q: string, defaultBranch: string | null): readonly Branch[] {
  const wanted = q.toLowerCase();
  const rank = ({ name }: Branch): number =>
    name === defaultBranch ? 0 : name.toLowerCase().startsWith(wanted) ? 1 : 2;
  return branches
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((left, right) => rank(left) - rank(right));
}
