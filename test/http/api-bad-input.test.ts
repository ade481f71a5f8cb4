import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { createTestApp, type JsonBody, type Reply, type RequestOptions, type TestApp } from '../support/test-app.ts';

let app: TestApp;
let repositoryId: string;
let livingId: string;

beforeAll(async () => {
  app = await createTestApp();
  repositoryId = await app.repository();
  const living = await app.request('POST', '/api/environments', { body: input({ name: 'living' }) });
  livingId = living.body.id as string;
});
afterAll(() => app.dispose());

function input(change: object = {}): object {
  return { repository_id: repositoryId, branch: 'main', ...change };
}

function json(raw: string): RequestOptions {
  return { raw, headers: { 'content-type': 'application/json' } };
}

/** Everything that a request could have changed. */
async function everything(): Promise<unknown> {
  const { store } = app;
  const page = { limit: 200 };
  return {
    environments: await store.listEnvironments(EVERYTHING, {}, page),
    repositories: await store.list(EVERYTHING, 'repository', page),
    configSets: await store.list(EVERYTHING, 'config_set', page),
  };
}

/** Sends something that is refused, and sees that it was a whole problem and changed nothing. */
async function refused(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  const before = await everything();
  const reply = await app.request(method, path, options);
  expect(await everything()).toEqual(before);
  expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(reply.body).toMatchObject({
    type: expect.stringMatching(/^\/docs\/problems#\w+$/) as unknown,
    title: expect.stringMatching(/\S/) as unknown,
    status: reply.status,
    detail: expect.stringMatching(/\S/) as unknown,
    request_id: reply.headers.get('x-request-id'),
  });
  expect(reply.text).not.toMatch(/node_modules|\.ts:|\bat \w+ \(/);
  return reply;
}

function faults({ body }: Reply): [string, string][] {
  return (body.errors as JsonBody[]).map(({ loc, msg, type }): [string, string] => {
    expect(msg).toMatch(/^[a-z]/);
    return [(loc as string[]).join('.'), type as string];
  });
}

const NAMES = ['Main', 'a.b', 'a--b', 'a'.repeat(41), '🫐', '-x', 'x-', '', 'a b', 'a/b', 'ä'];
const BRANCHES = ['--upload-pack=x', 'a..b', '@{', '', 'b'.repeat(300), 'a\nb', 'a~1', '/a', 'a/', 'a.lock', '.a'];

describe('a new environment is refused', () => {
  it.each<[string, object, [string, string][]]>([
    ['with an unknown field', { colour: 'red' }, [['body.colour', 'extra_forbidden']]],
    ['with a branch that is a number', { branch: 7 }, [['body.branch', 'string_type']]],
    ['with values that are a list', { helm_values_override: [] }, [['body.helm_values_override', 'value_error']]],
    ['with ttl_hours 0', { ttl_hours: 0 }, [['body.ttl_hours', 'greater_than_equal']]],
    ['with ttl_hours 169', { ttl_hours: 169 }, [['body.ttl_hours', 'less_than_equal']]],
    ['with ttl_hours "72"', { ttl_hours: '72' }, [['body.ttl_hours', 'int_type']]],
    ['with ttl_hours 72.5', { ttl_hours: 72.5 }, [['body.ttl_hours', 'int_from_float']]],
    ['with ttl_hours null', { ttl_hours: null }, [['body.ttl_hours', 'int_type']]],
    ['with an unknown repository', { repository_id: 'repo_none' }, [['body.repository_id', 'unknown_repository']]],
    ['with an unknown config set', { config_set_id: 'cfg_none' }, [['body.config_set_id', 'unknown_config_set']]],
    [
      'with an unknown repository and an unknown config set',
      { repository_id: 'repo_none', config_set_id: 'cfg_none' },
      [
        ['body.repository_id', 'unknown_repository'],
        ['body.config_set_id', 'unknown_config_set'],
      ],
    ],
    [
      'with everything wrong at once',
      { name: 'A', branch: '', ttl_hours: 0, more: 1 },
      [
        ['body.name', 'value_error'],
        ['body.branch', 'value_error'],
        ['body.ttl_hours', 'greater_than_equal'],
        ['body.more', 'extra_forbidden'],
      ],
    ],
  ])('%s', async (_what, change, expected) => {
    const reply = await refused('POST', '/api/environments', { body: input(change) });
    expect(reply.status).toBe(422);
    expect(faults(reply)).toEqual(expected);
  });

  it.each(NAMES)('with the name %j', async (name) => {
    const reply = await refused('POST', '/api/environments', { body: input({ name }) });
    expect([reply.status, faults(reply)]).toEqual([422, [['body.name', 'value_error']]]);
  });

  it.each(BRANCHES)('with the branch %j', async (branch) => {
    const reply = await refused('POST', '/api/environments', { body: input({ branch }) });
    expect([reply.status, faults(reply)]).toEqual([422, [['body.branch', 'value_error']]]);
  });

  it.each([
    ['at the top', '"__proto__":{"x":1}', 'body.__proto__'],
    ['within values', '"helm_values_override":{"a":{"__proto__":{}}}', 'body.helm_values_override.a.__proto__'],
    ['within a list', '"helm_values_override":{"a":[{"__proto__":1}]}', 'body.helm_values_override.a.0.__proto__'],
    ['as a constructor', '"helm_values_override":{"constructor":1}', 'body.helm_values_override.constructor'],
  ])('with a key that reaches for prototypes, %s', async (_where, pair, loc) => {
    const reply = await refused('POST', '/api/environments', json(`{"repository_id":"${repositoryId}",${pair}}`));
    expect([reply.status, faults(reply)]).toEqual([422, [[loc, 'value_error']]]);
    expect(Object.prototype).not.toHaveProperty('x');
  });

  it.each([
    ['cut off', '{"a":', 'body'],
    ['NaN', '{"ttl_hours":NaN}', 'body'],
    ['two values', '{}{}', 'body.2'],
    ['single quotes', "{'a':1}", 'body.1'],
  ])('with a body that is not JSON: %s', async (_what, raw, loc) => {
    const reply = await refused('POST', '/api/environments', json(raw));
    expect([reply.status, faults(reply)]).toEqual([422, [[loc, 'json_invalid']]]);
  });

  it('without a body', async () => {
    expect(faults(await refused('POST', '/api/environments'))).toEqual([['body', 'missing']]);
  });

  it('with a body of 1.1 MB', async () => {
    const reply = await refused('POST', '/api/environments', json(`{"x":"${'x'.repeat(1_100_000)}"}`));
    expect([reply.status, reply.body.type]).toEqual([413, '/docs/problems#too_large']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'with a body of type %s',
    async (type) => {
      const reply = await refused('POST', '/api/environments', { raw: '{}', headers: { 'content-type': type } });
      expect(reply.status).toBe(415);
    },
  );

  it('with a name that a living one has, naming it', async () => {
    const reply = await refused('POST', '/api/environments', { body: input({ name: 'living' }) });
    expect([reply.status, reply.body.type]).toEqual([409, '/docs/problems#name_taken']);
    expect(reply.body.detail).toContain(livingId);
  });
});

describe('a repository is refused', () => {
  const SECRET = 'hunter2-in-the-url';

  it.each([
    'file:///etc',
    'ext::sh -c x',
    'http://169.254.169.254/',
    'http://git.example.org/a.git',
    '-oProxyCommand=x',
    'ssh://-oProxyCommand=x/a',
    'git@-oProxyCommand=x:a',
    'https://',
    'https://git.example.org/a.git?x=1',
    'relative/path',
    '',
    `https://someone:${SECRET}@git.example.org/a.git`,
    `https://${SECRET}@git.example.org/a.git`,
    `ssh://git:${SECRET}@git.example.org/a.git`,
  ])('at %j', async (url) => {
    const reply = await refused('POST', '/api/repositories', { body: { url } });
    expect([reply.status, faults(reply)]).toEqual([
      422,
      [['body.url', url === '' ? 'string_too_short' : 'repository_url']],
    ]);
    expect(reply.text).not.toContain(SECRET);
    expect(JSON.stringify(app.log)).not.toContain(SECRET);
  });

  it.each([
    'https://169.254.169.254/a.git',
    'https://127.0.0.1/a.git',
    'https://[::1]/a.git',
    'https://10.0.0.1/a.git',
  ])('on a network that is not public: %s', async (url) => {
    const reply = await refused('POST', '/api/repositories', { body: { url } });
    expect(reply.status).toBe(422);
  });
});
