import { tokenCreate } from '../../services/contract/account-inputs.ts';
import type { CreatedToken, TokenWithUse } from '../../services/token-service.ts';
import { etagOf, ifMatchOf } from '../conditional-requests.ts';
import type { HttpParts } from '../parts.ts';
import { pageQueryWith, pageRequest, queryBoolean } from './query.ts';
import {
  createdTokenResponse,
  tokenPage,
  tokenResponse,
  toTokenResponse,
} from './representations/account-responses.ts';
import { apiRoute, json, type ApiReply, type ApiRoute } from './route.ts';
import { answerWrite } from './writes.ts';

const listQuery = pageQueryWith({
  everyone: queryBoolean.default(false).meta({ description: "Everyone's, for administrators; else only your own" }),
});

export function tokenRoutes({ tokens, identifiers }: HttpParts): readonly ApiRoute[] {
  return [
    apiRoute({
      method: 'POST',
      path: '/api/tokens',
      operationId: 'createToken',
      tag: 'Tokens',
      summary: 'Make an API token',
      description: 'Its secret is shown in this answer and never again. It acts for its maker, with no more scopes.',
      body: tokenCreate,
      replies: [{ status: 201, description: 'Made', schema: createdTokenResponse, headers: ['ETag', 'Location'] }],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => tokens.createToken(call.actor, call.body, options),
          (created: CreatedToken) => ({
            ...json(201, { ...toTokenResponse(created), secret: created.secret }),
            etag: etagOf(created.version),
            location: `/api/tokens/${created.id}`,
          }),
        ),
    }),
    apiRoute({
      method: 'GET',
      path: '/api/tokens',
      operationId: 'listTokens',
      tag: 'Tokens',
      summary: 'List API tokens',
      description: 'Newest first, revoked ones included.',
      query: listQuery,
      replies: [{ status: 200, description: 'A page of them', schema: tokenPage }],
      async handle({ actor, query }) {
        const page = await tokens.listTokens(actor, { ...pageRequest(query), everyone: query.everyone });
        return json(200, { items: page.items.map(toTokenResponse), next_cursor: page.nextCursor });
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/tokens/{token_id}',
      operationId: 'getToken',
      tag: 'Tokens',
      summary: 'Read an API token',
      replies: [{ status: 200, description: 'The token', schema: tokenResponse, headers: ['ETag'] }],
      problems: [404],
      handle: async ({ actor, params }) => record(await tokens.getToken(actor, idOf(params))),
    }),
    apiRoute({
      method: 'DELETE',
      path: '/api/tokens/{token_id}',
      operationId: 'revokeToken',
      tag: 'Tokens',
      summary: 'Revoke an API token',
      description: 'At once and for ever; asking again is fine. It stays in the list.',
      conditional: true,
      replies: [{ status: 204, description: 'Revoked' }],
      problems: [404],
      async handle({ actor, params, request }) {
        await tokens.revokeToken(actor, idOf(params), { ifVersion: ifMatchOf(request) });
        return { status: 204, body: null };
      },
    }),
  ];
}

function record(token: TokenWithUse): ApiReply {
  return { ...json(200, toTokenResponse(token)), etag: etagOf(token.version) };
}

function idOf(params: Readonly<Record<string, string>>): string {
  return params['token_id'] ?? '';
}
