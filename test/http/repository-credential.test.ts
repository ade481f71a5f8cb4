import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { csrfTokenOfPage } from '../support/csrf.ts';
import { createTestApp, type Reply, type TestApp } from '../support/test-app.ts';

const URL_BEFORE = 'https://git.example.org/acme/web.git';
const SECRET = 'ghp_kept_since_it_was_given';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.dispose());

async function connect(credential: string | null = SECRET): Promise<string> {
  const body = { url: URL_BEFORE, default_branch: 'main', credential };
  const made = await app.request('POST', '/api/repositories', { body });
  expect(made.status).toBe(201);
  return made.body.id as string;
}

const change = (id: string, body: object): Promise<Reply> => app.request('PATCH', `/api/repositories/${id}`, { body });

async function kept(id: string): Promise<{ url: string | undefined; hasCredential: boolean }> {
  const found = await app.store.get(EVERYTHING, 'repository', id);
  return { url: found?.record.url, hasCredential: typeof found?.record.sealedCredential === 'string' };
}

describe('a credential that is kept', () => {
  it.each([
    'https://git.example.com/acme/web.git',
    'https://git.example.org:8443/acme/web.git',
    'ssh://git@git.example.org/acme/web.git',
    'git@git.example.org:acme/web.git',
    '/srv/git/web.git',
  ])('does not follow a URL that leads to another server: %s', async (url) => {
    const id = await connect();
    const refused = await change(id, { url, name: 'moved' });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([
      {
        loc: ['body', 'credential'],
        msg: 'must be given again, or dropped (null), because the URL leads to another server now',
        type: 'credential_for_another_server',
      },
    ]);
    expect(await kept(id)).toEqual({ url: URL_BEFORE, hasCredential: true });
  });

  it.each(['https://git.example.org/acme/api.git', 'https://GIT.example.org:443/acme/web'])(
    'stays with the same server: %s',
    async (url) => {
      const id = await connect();
      expect((await change(id, { url })).status).toBe(200);
      expect(await kept(id)).toEqual({ url, hasCredential: true });
    },
  );

  it('is replaced or dropped together with a URL that leads to another server', async () => {
    const url = 'https://git.example.com/acme/web.git';
    const [given, dropped, none] = [await connect(), await connect(), await connect(null)];
    expect((await change(given, { url, credential: 'another' })).status).toBe(200);
    expect((await change(dropped, { url, credential: null })).status).toBe(200);
    expect((await change(none, { url })).status).toBe(200);
    expect(await Promise.all([given, dropped, none].map(kept))).toEqual([
      { url, hasCredential: true },
      { url, hasCredential: false },
      { url, hasCredential: false },
    ]);
  });

  it('is asked for again in its place in the form', async () => {
    const id = await connect();
    const cookie = `blueberry=${await app.session(app.administrator)}`;
    const form = { _csrf: await csrfTokenOfPage(app, cookie), url: 'https://git.example.com/acme/web.git', values: '' };
    const response = await fetch(`${app.url}/repositories/${id}`, {
      method: 'POST',
      headers: { cookie, origin: app.url, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams(form),
    });
    expect(response.status).toBe(422);
    expect(await response.text()).toMatch(/id="field-credential-faults"[^>]*>\s*<li>Must be given again/);
    expect(await kept(id)).toEqual({ url: URL_BEFORE, hasCredential: true });
  });
});
