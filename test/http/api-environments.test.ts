import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS_TABLE } from '../../src/http/access-table.ts';
import { createTestApp, type JsonBody, type Reply, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let repositoryId: string;

beforeAll(async () => {
  app = await createTestApp();
  repositoryId = await app.repository();
});
afterAll(() => app.dispose());

function create(body: object = {}): Promise<Reply> {
  return app.request('POST', '/api/environments', { body: { repository_id: repositoryId, ...body } });
}

const HOUR_MS = 3_600_000;

describe('an environment', () => {
  it('is answered whole, with its defaults, where it is, and its version', async () => {
    const reply = await create({ name: 'whole' });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toBe(`/api/environments/${reply.body.id as string}`);
    expect(reply.headers.get('etag')).toMatch(/^"\d+"$/);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^env_[a-z2-7]{26}$/) as string,
      name: 'whole',
      status: 'pending',
      message: 'Waiting to be started.',
      urls: ['http://whole.localhost:8000'],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      updated_at: reply.body.created_at as string,
      expires_at: new Date(Date.parse(reply.body.created_at as string) + 72 * HOUR_MS).toISOString(),
      terminated_at: null,
      ttl_hours: 72,
      owner: app.administrator.email,
      repository_id: repositoryId,
      config_set_id: null,
      config_set_revision: null,
      git: {
        repository_id: repositoryId,
        repository_url: 'https://git.example.invalid/acme/web.git',
        branch: 'main',
        commit_sha: null,
        pull_request: null,
      },
      kubernetes: {
        cluster: 'local',
        namespace: 'whole',
        application: 'whole',
        sync_status: 'Unknown',
        health_status: 'Missing',
      },
      conditions: [],
      generation: 1,
      observed_generation: 0,
      asleep: false,
      auto_update: true,
      helm_values_override: null,
      source: expect.objectContaining({ kind: 'api', fork: false }) as object,
    });
    const read = await app.request('GET', `/api/environments/${reply.body.id as string}`);
    expect([read.body, read.headers.get('etag')]).toEqual([reply.body, reply.headers.get('etag')]);
    const unchanged = await app.request('GET', `/api/environments/${reply.body.id as string}`, {
      headers: { 'if-none-match': read.headers.get('etag') ?? '' },
    });
    expect(unchanged.status).toBe(304);
  });

  it.each([
    ['feature/Login Page', 'feature-login-page'],
    ['UPPER_case', 'upper-case'],
    ['häßlich/ünïcode', /^[a-z0-9](-?[a-z0-9])*$/],
    ['🫐', /^[a-z0-9](-?[a-z0-9])*$/],
    [`long/${'x'.repeat(80)}`, /^long-x{1,35}/],
  ])('of %s has a name made of it, and the next one another', async (branch, name) => {
    const first = await create({ branch });
    expect(first.status).toBe(201);
    expect(first.body.name).toMatch(name);
    expect((first.body.name as string).length).toBeLessThanOrEqual(40);
    const second = await create({ branch });
    expect(second.status).toBe(201);
    expect(second.body.name).not.toBe(first.body.name);
  });

  it('is renewed by ttl_hours, from now on', async () => {
    const { body } = await create({ ttl_hours: 1 });
    const before = Date.now();
    const renewed = await app.request('PATCH', `/api/environments/${body.id as string}`, { body: { ttl_hours: 168 } });
    const left = Date.parse(renewed.body.expires_at as string) - before;
    expect(left).toBeGreaterThanOrEqual(168 * HOUR_MS);
    expect(left).toBeLessThan(168 * HOUR_MS + 10_000);
    expect(renewed.body).toMatchObject({ ttl_hours: 168, generation: 2 });
  });

  it('is found by the beginning of its name, its status, its repository and its owner', async () => {
    const other = await app.repository();
    const { body } = await app.request('POST', '/api/environments', {
      body: { repository_id: other, name: 'findable' },
    });
    const ids = async (query: string): Promise<string[]> => {
      const reply = await app.request('GET', `/api/environments?${query}`);
      expect(reply.status).toBe(200);
      return (reply.body.items as JsonBody[]).map(({ id }) => id as string);
    };
    expect(await ids('q=findab')).toEqual([body.id]);
    expect(await ids(`repository_id=${other}`)).toEqual([body.id]);
    expect(await ids(`repository_id=${other}&status=pending`)).toEqual([body.id]);
    expect(await ids(`repository_id=${other}&status=ready`)).toEqual([]);
    expect(await ids(`repository_id=${other}&owner=${encodeURIComponent(app.administrator.email)}`)).toEqual([body.id]);
    expect(await ids(`repository_id=${other}&owner=nobody%40example.org`)).toEqual([]);
  });

  it('is listed once, page by page, while others come', async () => {
    const own = await app.repository();
    const names: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      names.push(`page-${String(index)}`);
      await app.request('POST', '/api/environments', { body: { repository_id: own, name: names.at(-1) } });
    }
    const listed: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Reply = await app.request('GET', `/api/environments?limit=3&repository_id=${own}${query}`);
      expect(page.body.total).toBeGreaterThanOrEqual(7);
      listed.push(...(page.body.items as JsonBody[]).map(({ name }) => name as string));
      cursor = page.body.next_cursor as string | null;
      await app.request('POST', '/api/environments', {
        body: { repository_id: own, name: `late-${String(listed.length)}` },
      });
    } while (cursor !== null);
    expect(listed).toEqual(names.reverse());
  });

  it('has a timeline that says who did what, newest first', async () => {
    const { body } = await create({ name: 'timeline' });
    const path = `/api/environments/${body.id as string}`;
    await app.request('POST', `${path}/sleep`);
    await app.request('POST', `${path}/wake`);
    await app.request('POST', `${path}/redeploy`, { body: {} });
    const events = (await app.request('GET', `${path}/events`)).body.items as JsonBody[];
    expect(events.map(({ reason, actor }) => [reason, actor] as [string, string])).toEqual([
      ['Redeployed', app.administrator.email],
      ['Woken', app.administrator.email],
      ['PutToSleep', app.administrator.email],
      ['Created', app.administrator.email],
    ]);
  });
});

describe('a config set', () => {
  it('keeps revisions, shows no secret, and stays with the environments that were made with it', async () => {
    const secret = 'never-shown-4711';
    const made = await app.request('POST', '/api/config-sets', {
      body: { name: 'Small', repository_ids: [repositoryId], values: { env: { A: '1' } }, secrets: { TOKEN: secret } },
    });
    expect([made.status, made.body.revision, made.body.secret_names]).toEqual([201, 1, ['TOKEN']]);
    const path = `/api/config-sets/${made.body.id as string}`;
    const environment = await create({ name: 'configured', config_set_id: made.body.id as string });
    expect(environment.body).toMatchObject({ config_set_id: made.body.id as string, config_set_revision: 1 });
    const changed = await app.request('PATCH', path, { body: { values: { env: { A: '2' } } } });
    expect([changed.status, changed.body.revision, changed.body.secret_names]).toEqual([200, 2, ['TOKEN']]);
    const kept = await app.request('GET', `/api/environments/${environment.body.id as string}`);
    expect(kept.body.config_set_revision).toBe(1);
    const replies = [made, changed, await app.request('GET', path), await app.request('GET', `${path}/revisions`)];
    for (const { text } of replies) expect(text).not.toContain(secret);
    expect(JSON.stringify(app.log)).not.toContain(secret);
    expect((await app.request('DELETE', path)).status, 'while it is used').toBe(409);
  });

  it('is not for the environments of another repository', async () => {
    const other = await app.repository();
    const made = await app.request('POST', '/api/config-sets', { body: { name: 'Other', repository_ids: [other] } });
    const reply = await create({ name: 'unshared', config_set_id: made.body.id as string });
    expect(reply.status).toBe(422);
    expect(reply.body.errors[0]).toMatchObject({ loc: ['body', 'config_set_id'], type: 'config_set_not_shared' });
  });
});

describe('OpenAPI', () => {
  it('describes every route of the API, and nothing else', async () => {
    const { body } = await app.request('GET', '/openapi.json', { token: null });
    expect(body.openapi).toMatch(/^3\.1\./);
    const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const routes = Object.keys(ACCESS_TABLE).filter((row) => row.includes(' /api/'));
    expect(described.filter((row) => row.includes(' /api/')).sort()).toEqual(routes.sort());
  });
});
