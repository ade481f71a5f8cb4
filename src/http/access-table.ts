import type { Scope } from '../core/permissions.ts';

/**
 * What a route asks of whoever calls it:
 * - `public`: nothing; credentials are not looked at.
 * - `authenticated`: a living session or token, whatever its scopes.
 * - `operator`: a request from this machine itself, or an administrator.
 * - a scope: a living session or token that has it. Ownership and visibility narrow it further in the use case.
 */
export type Access = 'public' | 'authenticated' | 'operator' | Scope;

/** Who may call what, for every route there is. The server refuses to start with a route that is not listed. */
export const ACCESS_TABLE: Readonly<Record<string, Access>> = {
  // Operations
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'operator',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/problems': 'public',
  'GET /docs/assets/:file': 'public',

  // JSON API
  'POST /api/environments': 'environments:write',
  'GET /api/environments': 'environments:read',
  'GET /api/environments/:env_id': 'environments:read',
  'PATCH /api/environments/:env_id': 'environments:write',
  'DELETE /api/environments/:env_id': 'environments:write',
  'POST /api/environments/:env_id/redeploy': 'environments:write',
  'POST /api/environments/:env_id/sleep': 'environments:write',
  'POST /api/environments/:env_id/wake': 'environments:write',
  'GET /api/environments/:env_id/logs': 'environments:read',
  'GET /api/environments/:env_id/events': 'environments:read',
  'GET /api/environments/:env_id/resources': 'environments:read',
  'GET /api/environments/:env_id/values': 'environments:read',
  'GET /api/environments/:env_id/receipt': 'environments:read',
  'GET /api/events/environments': 'environments:read',

  'POST /api/repositories': 'repositories:write',
  'GET /api/repositories': 'repositories:read',
  'GET /api/repositories/:repository_id': 'repositories:read',
  'PATCH /api/repositories/:repository_id': 'repositories:write',
  'DELETE /api/repositories/:repository_id': 'repositories:write',
  'GET /api/repositories/:repository_id/branches': 'repositories:read',
  'GET /api/repositories/:repository_id/commits': 'repositories:read',
  'POST /api/repositories/:repository_id/test': 'repositories:read',

  'POST /api/config-sets': 'config_sets:write',
  'GET /api/config-sets': 'config_sets:read',
  'GET /api/config-sets/:config_set_id': 'config_sets:read',
  'PATCH /api/config-sets/:config_set_id': 'config_sets:write',
  'DELETE /api/config-sets/:config_set_id': 'config_sets:write',
  'GET /api/config-sets/:config_set_id/revisions': 'config_sets:read',

  'POST /api/tokens': 'tokens:write',
  'GET /api/tokens': 'tokens:read',
  'GET /api/tokens/:token_id': 'tokens:read',
  'DELETE /api/tokens/:token_id': 'tokens:write',

  'POST /api/users': 'users:write',
  'GET /api/users': 'users:read',
  'GET /api/users/:user_id': 'users:read',
  'PATCH /api/users/:user_id': 'users:write',
  'POST /api/users/:user_id/sign-in-link': 'users:write',

  // Pages
  'GET /assets/*': 'public',
  'GET /sign-in': 'public',
  'POST /sign-in': 'public',
  'GET /sign-in/link': 'public',
  'POST /sign-in/link': 'public',
  'POST /sign-out': 'authenticated',

  'GET /': 'environments:read',
  'GET /environments/new': 'environments:write',
  'POST /environments': 'environments:write',
  'GET /environments/:env_id': 'environments:read',
  'GET /environments/:env_id/log': 'environments:read',
  'GET /environments/:env_id/delete': 'environments:write',
  'GET /environments/:env_id/commits': 'repositories:read',
  'POST /environments/:env_id/extend': 'environments:write',
  'POST /environments/:env_id/auto-update': 'environments:write',
  'POST /environments/:env_id/redeploy': 'environments:write',
  'POST /environments/:env_id/sleep': 'environments:write',
  'POST /environments/:env_id/wake': 'environments:write',
  'POST /environments/:env_id/delete': 'environments:write',

  'GET /repositories': 'repositories:read',
  'POST /repositories': 'repositories:write',
  'GET /repositories/new': 'repositories:write',
  'GET /repositories/:repository_id': 'repositories:read',
  'POST /repositories/:repository_id': 'repositories:write',
  'POST /repositories/:repository_id/test': 'repositories:read',
  'GET /repositories/:repository_id/branches': 'repositories:read',
  'POST /repositories/:repository_id/delete': 'repositories:write',

  'GET /config-sets': 'config_sets:read',
  'POST /config-sets': 'config_sets:write',
  'GET /config-sets/new': 'config_sets:write',
  'GET /config-sets/:config_set_id': 'config_sets:read',
  'POST /config-sets/:config_set_id': 'config_sets:write',
  'POST /config-sets/:config_set_id/delete': 'config_sets:write',

  'GET /tokens': 'tokens:read',
  'POST /tokens': 'tokens:write',
  'POST /tokens/:token_id/revoke': 'tokens:write',

  'GET /profile': 'authenticated',
  'POST /profile/password': 'authenticated',
  'GET /branch-options': 'repositories:read',
  'POST /values-check': 'authenticated',
};
