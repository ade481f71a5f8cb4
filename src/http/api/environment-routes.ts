import { z } from 'zod';
import { PHASES, type Environment, type EnvironmentSource } from '../../core/environment.ts';
import type { Actor } from '../../core/permissions.ts';
import type { EnvironmentFilter, Versioned } from '../../ports/environment-store.ts';
import { environmentCreate, environmentUpdate, redeployRequest } from '../../services/contract/environment-inputs.ts';
import { etagOf, ifMatchOf } from '../conditional-requests.ts';
import type { HttpParts } from '../parts.ts';
import { pageQueryWith, pageRequest, repeatable } from './query.ts';
import { createPageEncoder } from './representations/environment-page.ts';
import {
  environmentList,
  environmentResponse,
  type EncodeEnvironment,
} from './representations/environment-response.ts';
import { apiRoute, type ApiReply, type ApiRoute } from './route.ts';
import { answerWrite } from './writes.ts';

const listQuery = pageQueryWith({
  status: repeatable(z.enum(PHASES)).optional().meta({
    description: 'Left out: every living one. `terminated` is found only when it is asked for',
  }),
  repository_id: z.string().max(100).optional(),
  branch: z.string().max(255).optional(),
  owner: z.string().max(320).optional().meta({ description: "The owner's e-mail address, exactly" }),
  q: z.string().max(255).optional().meta({ description: 'Prefix of name, branch or owner; case does not matter' }),
});

const CHANGED = {
  description: 'The environment as it is wanted now',
  schema: environmentResponse,
  headers: ['ETag'],
} as const;

/** Environments as such; what is inside of one is told by `environmentDetailRoutes`. */
export function environmentRoutes(
  { environments, identifiers }: HttpParts,
  encode: EncodeEnvironment,
): readonly ApiRoute[] {
  function record(status: number, { version, record: environment }: Versioned<Environment>): ApiReply {
    return { status, body: encode(environment), etag: etagOf(version) };
  }

  const encodePage = createPageEncoder(encode);

  return [
    apiRoute({
      method: 'POST',
      path: '/api/environments',
      operationId: 'createEnvironment',
      tag: 'Environments',
      summary: 'Create an environment',
      description: 'Answers as soon as the wish is durable; `status` and `message` tell how far the world is.',
      body: environmentCreate,
      replies: [{ status: 201, description: 'Created', schema: environmentResponse, headers: ['ETag', 'Location'] }],
      problems: [409],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => environments.createEnvironment(call.actor, call.body, sourceOf(call.actor), options),
          (created: Versioned<Environment>) => ({
            ...record(201, created),
            location: `/api/environments/${created.id}`,
          }),
        ),
    }),
    apiRoute({
      method: 'GET',
      path: '/api/environments',
      operationId: 'listEnvironments',
      tag: 'Environments',
      summary: 'List environments',
      description: 'Newest first. Several filters must all hold.',
      query: listQuery,
      replies: [{ status: 200, description: 'A page of them', schema: environmentList }],
      async handle({ actor, query }) {
        const page = await environments.listEnvironments(actor, filterOf(query), pageRequest(query));
        return { status: 200, body: encodePage(page) };
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/environments/{env_id}',
      operationId: 'getEnvironment',
      tag: 'Environments',
      summary: 'Read an environment',
      description: 'One that is terminated can still be read: it is an archive then.',
      replies: [{ status: 200, description: 'The environment', schema: environmentResponse, headers: ['ETag'] }],
      problems: [404],
      handle: async ({ actor, params }) => record(200, await environments.getEnvironment(actor, idOf(params))),
    }),
    apiRoute({
      method: 'PATCH',
      path: '/api/environments/{env_id}',
      operationId: 'updateEnvironment',
      tag: 'Environments',
      summary: 'Extend, or change values',
      description: 'Only what is given changes. `ttl_hours` renews: it counts from now.',
      body: environmentUpdate,
      conditional: true,
      replies: [{ status: 200, ...CHANGED }],
      problems: [404, 409],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => environments.updateEnvironment(call.actor, idOf(call.params), call.body, options),
          (changed: Versioned<Environment>) => record(200, changed),
        ),
    }),
    apiRoute({
      method: 'DELETE',
      path: '/api/environments/{env_id}',
      operationId: 'deleteEnvironment',
      tag: 'Environments',
      summary: 'Tear down an environment',
      description: 'Asking again is fine. It is `terminated` when everything it owned has been seen gone.',
      conditional: true,
      replies: [{ status: 202, ...CHANGED, description: 'The environment, being deleted' }],
      problems: [404],
      async handle({ actor, params, request }) {
        const ifVersion = ifMatchOf(request);
        return record(202, await environments.deleteEnvironment(actor, idOf(params), undefined, { ifVersion }));
      },
    }),
    apiRoute({
      method: 'POST',
      path: '/api/environments/{env_id}/redeploy',
      operationId: 'redeployEnvironment',
      tag: 'Environments',
      summary: 'Deploy again',
      description: 'The newest commit of the branch, or a given one; also when that runs already.',
      body: redeployRequest,
      optionalBody: true,
      conditional: true,
      replies: [{ status: 202, ...CHANGED }],
      problems: [404, 409],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => environments.redeployEnvironment(call.actor, idOf(call.params), call.body, options),
          (changed: Versioned<Environment>) => record(202, changed),
        ),
    }),
    ...(['sleep', 'wake'] as const).map((action) =>
      apiRoute({
        method: 'POST',
        path: `/api/environments/{env_id}/${action}`,
        operationId: `${action}Environment`,
        tag: 'Environments',
        summary: action === 'sleep' ? 'Put to sleep' : 'Wake up',
        description: 'Asking for what is wanted already changes nothing.',
        conditional: true,
        replies: [{ status: 202, ...CHANGED }],
        problems: [404, 409],
        handle: (call) =>
          answerWrite(
            call,
            identifiers,
            (options) =>
              action === 'sleep'
                ? environments.sleepEnvironment(call.actor, idOf(call.params), undefined, options)
                : environments.wakeEnvironment(call.actor, idOf(call.params), undefined, options),
            (changed: Versioned<Environment>) => record(202, changed),
          ),
      }),
    ),
  ];
}

function idOf(params: Readonly<Record<string, string>>): string {
  return params['env_id'] ?? '';
}

function sourceOf(actor: Actor): EnvironmentSource {
  return { kind: actor.via === 'token' ? 'api' : 'manual', fork: false };
}

function filterOf(query: z.output<typeof listQuery>): EnvironmentFilter {
  return {
    ...(query.status === undefined ? {} : { phases: query.status }),
    ...(query.repository_id === undefined ? {} : { repositoryId: query.repository_id }),
    ...(query.branch === undefined ? {} : { branch: query.branch }),
    ...(query.owner === undefined ? {} : { owner: query.owner }),
    ...(query.q === undefined ? {} : { q: query.q }),
  };
}
