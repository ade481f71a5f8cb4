import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES, scopesOfRole, type Role, type Scope } from '../../src/core/permissions.ts';
import { ACCESS_TABLE, type Access } from '../../src/http/access-table.ts';
import { registerAccessControl } from '../../src/http/access-control.ts';
import { csrfTokenOfPage } from '../support/csrf.ts';
import { createTestApp, type TestApp, type TestUser } from '../support/test-app.ts';

const ROUTES = Object.entries(ACCESS_TABLE).map(([row, access]) => {
  const [method = '', url = ''] = row.split(' ');
  return { row, method, url, access };
});
const ROLES: readonly Role[] = ['administrator', 'member', 'viewer', 'guest'];

let app: TestApp;
const users = new Map<Role, TestUser>();

beforeAll(async () => {
  app = await createTestApp();
  for (const role of ROLES) users.set(role, await app.user(role));
});
afterAll(() => app.dispose());

function userOf(role: Role): TestUser {
  const user = users.get(role);
  if (!user) throw new Error(role);
  return user;
}

/** The status of a call with ids that nothing has, so that it changes nothing where it is let through. */
async function statusOf(method: string, url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const path = url.replace('*', 'none.css').replace(/:\w+/g, 'none_aaaaaaaaaaaaaaaaaaaaaaaaaa');
  const abort = new AbortController();
  const response = await fetch(`${app.url}${path}`, { method, headers, redirect: 'manual', signal: abort.signal });
  // A stream of events would not end by itself.
  abort.abort();
  return response.status;
}

const isPage = (url: string): boolean => !url.startsWith('/api/') && url !== '/metrics';
const isLetThrough = (status: number): boolean => status !== 401 && status !== 403 && status < 500;

function allows(access: Access, scopes: ReadonlySet<Scope>): boolean {
  if (access === 'public' || access === 'authenticated') return true;
  // This test is on the same machine.
  if (access === 'operator') return true;
  return scopes.has(access);
}

describe('the access table', () => {
  it.each(ROUTES)('$row exists', ({ method, url }) => {
    expect(app.app.hasRoute({ method, url })).toBe(true);
  });

  it('keeps a route from being registered that it does not list', () => {
    const other = Fastify();
    registerAccessControl(other, app.parts, { count: () => undefined });
    expect(() => other.get('/api/unlisted', () => 'secret')).toThrow(/GET \/api\/unlisted is missing/);
  });
});

describe.each(ROUTES)('$row', ({ method, url, access }) => {
  it('asks a stranger to sign in, unless it is public', async () => {
    const status = await statusOf(method, url, {});
    if (access === 'public') expect(isLetThrough(status) || method === 'POST').toBe(true);
    else if (access === 'operator') expect(status).toBe(200);
    else expect(status).toBe(isPage(url) ? 303 : 401);
  });

  it.each(ROLES)('is as open to a token of a %s as the table says', async (role) => {
    const status = await statusOf(method, url, { authorization: `Bearer ${userOf(role).token}` });
    if (access === 'public' && method === 'POST') return;
    expect(isLetThrough(status), String(status)).toBe(allows(access, scopesOfRole(role)));
  });

  it('takes no other scope for the one that it asks for', async () => {
    if (!SCOPES.includes(access as Scope)) return;
    const others = await app.token(
      app.administrator,
      SCOPES.filter((scope) => scope !== access),
    );
    expect(await statusOf(method, url, { authorization: `Bearer ${others}` })).toBe(403);
    // A page about one environment also shows it, and what is within its repository.
    const shown: Scope[] = isPage(url)
      ? ['environments:read', 'repositories:read', 'config_sets:read', 'tokens:read']
      : [];
    const only = await app.token(app.administrator, [access as Scope, ...shown]);
    expect(isLetThrough(await statusOf(method, url, { authorization: `Bearer ${only}` }))).toBe(true);
  });

  it('takes no write from a browser that another site has sent', async () => {
    if (method === 'GET') return;
    const user = await app.user('administrator');
    const cookie = `blueberry=${await app.session(user)}`;
    const elsewhere = { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect(await statusOf(method, url, elsewhere), 'from elsewhere').toBe(403);
    if (access === 'public') return;
    const here = { cookie, origin: app.url, 'sec-fetch-site': 'same-origin' };
    expect(await statusOf(method, url, here), 'without the token of the session').toBe(403);
    const token = await csrfTokenOfPage(app, cookie);
    const status = await statusOf(method, url, { ...here, 'x-csrf-token': token });
    expect(isLetThrough(status), `with it: ${String(status)}`).toBe(true);
  });
});

describe('what an actor may not see', () => {
  it('is like nothing at all, for every route of an environment', async () => {
    const repositoryId = await app.repository();
    const body = { repository_id: repositoryId, name: 'hidden' };
    const { id } = (await app.request('POST', '/api/environments', { body })).body as { id: string };
    const missing = id.replace(/.$/, id.endsWith('a') ? 'b' : 'a');
    const guest = userOf('guest').token;
    for (const { method, url } of ROUTES.filter((route) => route.url.includes(':env_id') && route.method === 'GET')) {
      const [hidden, absent] = await Promise.all(
        [id, missing].map(async (one) => {
          const reply = await app.request(method, url.replace(':env_id', one), { token: guest });
          return { status: reply.status, text: reply.text.replaceAll(one, 'ID').replace(/req_\w+/g, '') };
        }),
      );
      expect(hidden?.status, url).toBe(url.endsWith('/delete') || url.endsWith('/commits') ? hidden?.status : 404);
      expect(hidden?.status, url).toBe(absent?.status);
      expect(hidden?.text.includes('hidden'), url).toBe(false);
    }
    expect((await app.request('GET', '/api/environments', { token: guest })).body).toMatchObject({
      items: [],
      total: 0,
    });
  });

  it('can be read but not changed by a member whose it is not', async () => {
    const repositoryId = await app.repository();
    const body = { repository_id: repositoryId, name: 'of-another' };
    const { id } = (await app.request('POST', '/api/environments', { body })).body as { id: string };
    const { token } = userOf('member');
    expect((await app.request('GET', `/api/environments/${id}`, { token })).status).toBe(200);
    const changes: [string, string, object?][] = [
      ['PATCH', '', { ttl_hours: 1 }],
      ['DELETE', ''],
      ['POST', '/redeploy'],
      ['POST', '/sleep'],
      ['POST', '/wake'],
    ];
    for (const [method, path, change] of changes) {
      const reply = await app.request(method, `/api/environments/${id}${path}`, { token, body: change });
      expect([reply.status, reply.body.type], `${method} ${path}`).toEqual([403, '/docs/problems#not_owner']);
    }
  });

  it('is never granted by a token that a member makes', async () => {
    const { token } = userOf('member');
    const body = { name: 'too much', scopes: ['environments:read', 'users:write'] };
    const reply = await app.request('POST', '/api/tokens', { token, body });
    expect(reply.status).toBe(422);
    const made = await app.request('POST', '/api/tokens', { token, body: { ...body, scopes: ['environments:read'] } });
    expect(made.status).toBe(201);
    const less = { token: made.body.secret as string };
    expect((await app.request('GET', '/api/environments', less)).status).toBe(200);
    expect((await app.request('GET', '/api/repositories', less)).status).toBe(403);
  });

  it('is lost with the account', async () => {
    const member = await app.user('member');
    expect((await app.request('GET', '/api/environments', { token: member.token })).status).toBe(200);
    await app.request('PATCH', `/api/users/${member.id}`, { body: { disabled: true } });
    expect((await app.request('GET', '/api/environments', { token: member.token })).status).toBe(401);
  });
});
