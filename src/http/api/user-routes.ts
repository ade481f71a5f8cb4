import type { User } from '../../core/records.ts';
import type { Versioned } from '../../ports/environment-store.ts';
import { userInvite, userUpdate } from '../../services/contract/account-inputs.ts';
import type { InvitedUser } from '../../services/user-service.ts';
import { etagOf } from '../conditional-requests.ts';
import type { HttpParts } from '../parts.ts';
import { signInLinkUrl } from '../sign-in-link.ts';
import { pageQuery, pageRequest } from './query.ts';
import { invitedUserResponse, toUserResponse, userPage, userResponse } from './representations/account-responses.ts';
import { apiRoute, json, type ApiReply, type ApiRoute } from './route.ts';
import { answerWrite } from './writes.ts';

export function userRoutes({ users, identifiers, settings }: HttpParts): readonly ApiRoute[] {
  function invited(user: InvitedUser): ApiReply {
    return {
      ...json(201, {
        ...toUserResponse(user),
        sign_in_link: signInLinkUrl(settings.publicUrl, user.linkSecret),
        sign_in_link_expires_at: user.linkExpiresAt,
      }),
      etag: etagOf(user.version),
      location: `/api/users/${user.id}`,
    };
  }

  return [
    apiRoute({
      method: 'POST',
      path: '/api/users',
      operationId: 'inviteUser',
      tag: 'Users',
      summary: 'Invite a user',
      description: 'The link in the answer signs them in once; hand it over yourself. It is never shown again.',
      body: userInvite,
      replies: [{ status: 201, description: 'Invited', schema: invitedUserResponse, headers: ['ETag', 'Location'] }],
      problems: [409],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => users.inviteUser(call.actor, call.body, options),
          (user: InvitedUser) => invited(user),
        ),
    }),
    apiRoute({
      method: 'GET',
      path: '/api/users',
      operationId: 'listUsers',
      tag: 'Users',
      summary: 'List users',
      query: pageQuery,
      replies: [{ status: 200, description: 'A page of them', schema: userPage }],
      async handle({ actor, query }) {
        const page = await users.listUsers(actor, pageRequest(query));
        return json(200, { items: page.items.map(toUserResponse), next_cursor: page.nextCursor });
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/api/users/{user_id}',
      operationId: 'getUser',
      tag: 'Users',
      summary: 'Read a user',
      replies: [{ status: 200, description: 'The user', schema: userResponse, headers: ['ETag'] }],
      problems: [404],
      handle: async ({ actor, params }) => record(await users.getUser(actor, idOf(params))),
    }),
    apiRoute({
      method: 'PATCH',
      path: '/api/users/{user_id}',
      operationId: 'updateUser',
      tag: 'Users',
      summary: 'Change name or role, or disable',
      description: 'A disabled user is signed out everywhere, and their tokens work no more.',
      body: userUpdate,
      conditional: true,
      replies: [{ status: 200, description: 'The user', schema: userResponse, headers: ['ETag'] }],
      problems: [404, 409],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => users.updateUser(call.actor, idOf(call.params), call.body, options),
          (user: Versioned<User>) => record(user),
        ),
    }),
    apiRoute({
      method: 'POST',
      path: '/api/users/{user_id}/sign-in-link',
      operationId: 'createSignInLink',
      tag: 'Users',
      summary: 'Make a new sign-in link',
      description: 'For someone who lost theirs or forgot the password. It signs in once.',
      conditional: true,
      replies: [{ status: 201, description: 'Made', schema: invitedUserResponse, headers: ['ETag', 'Location'] }],
      problems: [404],
      handle: (call) =>
        answerWrite(
          call,
          identifiers,
          (options) => users.createSignInLink(call.actor, idOf(call.params), options),
          (user: InvitedUser) => invited(user),
        ),
    }),
  ];
}

function record(user: Versioned<User>): ApiReply {
  return { ...json(200, toUserResponse(user)), etag: etagOf(user.version) };
}

function idOf(params: Readonly<Record<string, string>>): string {
  return params['user_id'] ?? '';
}
