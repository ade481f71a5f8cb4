import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { csrfTokenOfPage } from '../support/csrf.ts';
import { createTestApp, type Reply, type TestApp } from '../support/test-app.ts';

const CANARY = 'canary-secret';
const REPOSITORY = { url: 'https://git.example.invalid/acme/web.git', default_branch: 'main' };

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.dispose());

const connect = (more: object): Promise<Reply> =>
  app.request('POST', '/api/repositories', { body: { ...REPOSITORY, ...more } });

async function recordOf(id: string) {
  const found = await app.store.get(EVERYTHING, 'repository', id);
  if (!found) throw new Error(`There is no repository ${id}.`);
  return found.record;
}

describe('the image of a repository', () => {
  it('is kept as it was given, changed, and taken away', async () => {
    const { status, body } = await connect({ image: 'ghcr.io/acme/web:{branch}-{short_sha}' });
    expect([status, body.image, body.has_image_credential]).toEqual([
      201,
      'ghcr.io/acme/web:{branch}-{short_sha}',
      false,
    ]);
    const path = `/api/repositories/${body.id as string}`;
    const changed = await app.request('PATCH', path, { body: { image: 'acme/web:{sha}' } });
    expect([changed.status, changed.body.image]).toEqual([200, 'acme/web:{sha}']);
    expect((await app.request('PATCH', path, { body: { name: 'other' } })).body.image).toBe('acme/web:{sha}');
    expect((await app.request('PATCH', path, { body: { image: null } })).body.image).toBeNull();
  });

  it.each([
    ['ghcr.io/acme/web', 'must name a tag that your CI pushes for each commit, such as :{sha}'],
    ['ghcr.io/acme/web:{commit}', 'has a placeholder that is not known: there are {sha}, {short_sha} and {branch}'],
    ['ghcr.io/{branch}/web:x', 'must have its placeholders in the tag, behind the last colon'],
    ['https://ghcr.io/acme/web:{sha}', 'must not have a scheme: HOST/REPOSITORY:TAG'],
    ['ghcr.io/Acme/Web:{sha}', 'must have a repository in lower case'],
    ['', 'must name a repository: HOST/REPOSITORY:TAG'],
  ])('%j is refused with what is wrong', async (image, msg) => {
    const repositoryId = await app.repository();
    for (const reply of [
      await connect({ image }),
      await app.request('PATCH', `/api/repositories/${repositoryId}`, { body: { image } }),
    ]) {
      expect(reply.status).toBe(422);
      expect(reply.body.errors).toEqual([{ loc: ['body', 'image'], msg, type: 'value_error' }]);
    }
  });
});

describe('the credential of its registry', () => {
  it('is taken and never shown, whatever is asked', async () => {
    const created = await connect({ image: 'ghcr.io/acme/web:{sha}', image_credential: `ci:${CANARY}` });
    const path = `/api/repositories/${created.body.id as string}`;
    const replies = [
      created,
      await app.request('GET', path),
      await app.request('GET', '/api/repositories'),
      await app.request('PATCH', path, { body: { name: 'renamed' } }),
      await connect({ image: 'ghcr.io/acme/web', image_credential: CANARY }),
    ];
    for (const reply of replies) expect(reply.text).not.toContain(CANARY);
    expect(replies[1]?.body.has_image_credential).toBe(true);
    expect(JSON.stringify(await recordOf(created.body.id as string))).not.toContain(CANARY);
    expect(JSON.stringify(app.log)).not.toContain(CANARY);
    const forgotten = await app.request('PATCH', path, { body: { image_credential: null } });
    expect(forgotten.body.has_image_credential).toBe(false);
  });
});

describe('a credential that is kept for one registry', () => {
  const IMAGE = 'ghcr.io/acme/web:{sha}';
  const connected = async (image: string | null = IMAGE): Promise<string> =>
    `/api/repositories/${(await connect({ image, image_credential: `ci:${CANARY}` })).body.id as string}`;

  it.each([
    'registry.example/acme/web:{sha}',
    'ghcr.io:8443/acme/web:{sha}',
    'acme/web:{sha}',
    'ghcr.io.example/acme/web:{sha}',
  ])('does not follow an image that leads to another: %s', async (image) => {
    const path = await connected();
    const reply = await app.request('PATCH', path, { body: { image } });
    expect(reply.status).toBe(422);
    expect(reply.body.errors).toEqual([
      {
        loc: ['body', 'image_credential'],
        msg: 'must be given again, or dropped (null), because the image leads to another registry now',
        type: 'credential_for_another_server',
      },
    ]);
    expect((await app.request('GET', path)).body.image).toBe(IMAGE);
  });

  it('does not follow one to anywhere by way of no image at all', async () => {
    const path = await connected();
    expect((await app.request('PATCH', path, { body: { image: null } })).body.has_image_credential).toBe(true);
    expect((await app.request('PATCH', path, { body: { image: 'evil.example/web:{sha}' } })).status).toBe(422);
    const never = await connected(null);
    expect((await app.request('PATCH', never, { body: { image: 'evil.example/web:{sha}' } })).status).toBe(422);
  });

  it('stays with the registry, and is replaced or dropped together with an image at another', async () => {
    const path = await connected();
    const change = async (body: object) => (await app.request('PATCH', path, { body })).body.has_image_credential;
    expect(await change({ image: 'GHCR.io/acme/api:{branch}' })).toBe(true);
    expect(await change({ image: 'quay.io/acme/web:{sha}', image_credential: 'another' })).toBe(true);
    expect(await change({ image: IMAGE, image_credential: null })).toBe(false);
    expect(await change({ image: 'quay.io/acme/web:{sha}' })).toBe(false);
  });
});

describe('the form of a repository', () => {
  async function submit(path: string, fields: Record<string, string>): Promise<{ status: number; text: string }> {
    const user = await app.user('administrator');
    const cookie = `blueberry=${await app.session(user)}`;
    const body = new URLSearchParams({ ...fields, _csrf: await csrfTokenOfPage(app, cookie) });
    const headers = { cookie, origin: app.url, 'sec-fetch-site': 'same-origin' };
    const response = await fetch(`${app.url}${path}`, { method: 'POST', body, headers, redirect: 'manual' });
    return { status: response.status, text: await response.text() };
  }

  it('saves the image and the credential, and keeps or forgets what is there as it is told', async () => {
    const id = await app.repository();
    const path = `/repositories/${id}`;
    const image = 'ghcr.io/acme/web:{sha}';
    expect((await submit(path, { ...REPOSITORY, image, image_credential: `ci:${CANARY}` })).status).toBe(303);
    const { sealedImageCredential } = await recordOf(id);
    expect(await recordOf(id)).toMatchObject({ image, sealedCredential: null });
    expect(sealedImageCredential).toMatch(/^v1\./);
    await submit(path, { ...REPOSITORY, image: '' });
    expect(await recordOf(id)).toMatchObject({ image: null, sealedImageCredential });
    await submit(path, { ...REPOSITORY, image, forget_image_credential: '1' });
    expect(await recordOf(id)).toMatchObject({ image, sealedImageCredential: null });
  });

  it('says at the image what is wrong with it, and does not send the credential back', async () => {
    const id = await app.repository();
    const fields = { ...REPOSITORY, image: 'ghcr.io/acme/web', image_credential: CANARY };
    const { status, text } = await submit(`/repositories/${id}`, fields);
    expect(status).toBe(422);
    expect(/<ul class="faults" id="field-image-faults">.*?<\/ul>/.exec(text)?.[0]).toContain(
      'name a tag that your CI pushes for each commit',
    );
    expect(text).toContain('value="ghcr.io/acme/web"');
    expect(text).not.toContain(CANARY);
  });
});

describe('an environment whose chart does not say how it sleeps', () => {
  it('answers 409 to sleep, and its page offers no such thing', async () => {
    const repositoryId = await app.repository();
    const { body } = await app.request('POST', '/api/environments', { body: { repository_id: repositoryId } });
    const id = body.id as string;
    const user = await app.user('administrator');
    const headers = { cookie: `blueberry=${await app.session(user)}` };
    const page = async () => (await fetch(`${app.url}/environments/${id}`, { headers })).text();
    expect(await page()).toContain('id="sleep-button"');
    await app.observe(id, (environment) => ({ ...environment, status: { ...environment.status, canSleep: false } }));
    const reply = await app.request('POST', `/api/environments/${id}/sleep`, { body: {} });
    expect([reply.status, reply.body.type]).toEqual([409, '/docs/problems#cannot_sleep']);
    expect(reply.body.detail).toContain('chart.sleep_values in blueberry.yaml');
    expect((await app.request('POST', `/api/environments/${id}/wake`, { body: {} })).status).toBe(202);
    expect(await page()).not.toContain('id="sleep-button"');
  });
});
