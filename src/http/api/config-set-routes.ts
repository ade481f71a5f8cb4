import { configSetCreate, configSetUpdate } from '../../services/contract/config-set-inputs.ts';
import type { ConfigSetView } from '../../services/config-set-service.ts';
import { etagOf, ifMatchOf } from '../conditional-requests.ts';
import type { HttpParts } from '../parts.ts';
import { pageQuery, pageRequest } from './query.ts';
import {
  configSetPage,
  configSetResponse,
  configSetRevisionPage,
  toConfigSetResponse,
  toConfigSetRevision,
} from './representations/config-set-response.ts';
import { apiRoute, json, type ApiReply, type ApiRoute } from './route.ts';
import { answerWrite } from './writes.ts';

export function configSetRoutes({ configSets, identifiers }: HttpParts): readonly ApiRoute[] {
  return [
    apiRoute({
      method: 'POST',
      path: '/api/config-sets',
      operationId: 'createConfigSet',
      tag: 'Config sets',
      summary: 'Create a config set',
      body: configSetCreate,
      replies: [{ status: 201, description: 'Created', schema: configSetResponse, headers: ['ETag', 'Location'] }],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => configSets.createConfigSet(call.actor, call.body, options),
          (created: ConfigSetView) => ({ ...record(201, created), location: `/api/config-sets/${created.id}` }),
        ),
    }),
    apiRoute({
      method: 'GET',
      path: '/api/config-sets',
      operationId: 'listConfigSets',
      tag: 'Config sets',
      summary: 'List config sets',
      query: pageQuery,
      replies: [{ status: 200, description: 'A page of them', schema: configSetPage }],
      async handle({ actor, query }) {
        const page = await configSets.listConfigSets(actor, pageRequest(query));
        return json(200, { items: page.items.map(toConfigSetResponse), next_cursor: page.nextCursor });
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/config-sets/{config_set_id}',
      operationId: 'getConfigSet',
      tag: 'Config sets',
      summary: 'Read a config set',
      description: 'With the contents of its newest revision; of secrets only the names.',
      replies: [{ status: 200, description: 'The config set', schema: configSetResponse, headers: ['ETag'] }],
      problems: [404],
      handle: async ({ actor, params }) => record(200, await configSets.getConfigSet(actor, idOf(params))),
    }),
    apiRoute({
      method: 'PATCH',
      path: '/api/config-sets/{config_set_id}',
      operationId: 'updateConfigSet',
      tag: 'Config sets',
      summary: 'Change a config set',
      description:
        'Makes a new revision. Environments keep the one that they were made with until they are given the config set again.',
      body: configSetUpdate,
      conditional: true,
      replies: [{ status: 200, description: 'The config set', schema: configSetResponse, headers: ['ETag'] }],
      problems: [404],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => configSets.updateConfigSet(call.actor, idOf(call.params), call.body, options),
          (changed: ConfigSetView) => record(200, changed),
        ),
    }),
    apiRoute({
      method: 'DELETE',
      path: '/api/config-sets/{config_set_id}',
      operationId: 'deleteConfigSet',
      tag: 'Config sets',
      summary: 'Delete a config set',
      description: 'Refused while a living environment uses it.',
      conditional: true,
      replies: [{ status: 204, description: 'Deleted' }],
      problems: [404, 409],
      async handle({ actor, params, request }) {
        await configSets.deleteConfigSet(actor, idOf(params), { ifVersion: ifMatchOf(request) });
        return { status: 204, body: null };
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/config-sets/{config_set_id}/revisions',
      operationId: 'listConfigSetRevisions',
      tag: 'Config sets',
      summary: 'List the revisions of a config set',
      description: 'Newest first.',
      query: pageQuery,
      replies: [{ status: 200, description: 'A page of them', schema: configSetRevisionPage }],
      problems: [404],
      async handle({ actor, params, query }) {
        const page = await configSets.listRevisions(actor, idOf(params), pageRequest(query));
        const items = page.items.map((revision) => toConfigSetRevision(revision.record));
        return json(200, { items, next_cursor: page.nextCursor });
      },
    }),
  ];
}

function record(status: number, view: ConfigSetView): ApiReply {
  return { ...json(status, toConfigSetResponse(view)), etag: etagOf(view.version) };
}

function idOf(params: Readonly<Record<string, string>>): string {
  return params['config_set_id'] ?? '';
}
