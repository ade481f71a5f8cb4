import { afterEach, beforeEach, expect, it } from 'vitest';
import { csrfTokenOfPage } from '../support/csrf.ts';
import { createTestApp, type TestApp, type TestUser } from '../support/test-app.ts';

const OLD = 'correct horse battery staple';
const NEW = 'another password, as long';

let app: TestApp;
let ann: TestUser;
beforeEach(async () => {
  app = await createTestApp();
  ann = await app.user('member');
});
afterEach(() => app.dispose());

interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function page(path: string, cookie: string | null, form?: Readonly<Record<string, string>>): Promise<Page> {
  const response = await fetch(`${app.url}${path}`, {
    redirect: 'manual',
    headers: { ...(cookie === null ? {} : { cookie }), origin: app.url, 'sec-fetch-site': 'same-origin' },
    ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

function cookieOf({ headers }: Page): string {
  const cookie = /^[^;]+/.exec(headers.get('set-cookie') ?? '')?.[0];
  if (cookie === undefined) throw new Error('No session was begun.');
  return cookie;
}

const byPassword = (password: string) => page('/sign-in', null, { email: ann.email, password });
const byLink = (secret: string) => page('/sign-in/link', null, { secret });

async function newLink(): Promise<string> {
  const reply = await app.request('POST', `/api/users/${ann.id}/sign-in-link`);
  return new URL(reply.body.sign_in_link as string).searchParams.get('secret') ?? '';
}

async function save(cookie: string, password: string, current?: string): Promise<Page> {
  return page('/profile/password', cookie, {
    _csrf: await csrfTokenOfPage(app, cookie),
    password,
    repeated: password,
    ...(current === undefined ? {} : { current_password: current }),
  });
}

const isSignedIn = async (cookie: string): Promise<boolean> => (await page('/profile', cookie)).status === 200;
const asksForCurrent = async (cookie: string): Promise<boolean> =>
  (await page('/profile', cookie)).text.includes('name="current_password"');

/** Somebody who has a password, signed in with it. */
async function signedIn(): Promise<string> {
  const first = cookieOf(await byLink(await newLink()));
  expect((await save(first, OLD)).status).toBe(200);
  return cookieOf(await byPassword(OLD));
}

it('asks for the password until now, and says in its place that it is not that one', async () => {
  const cookie = await signedIn();
  expect(await asksForCurrent(cookie)).toBe(true);
  for (const wrong of ['', `${OLD}.`, NEW]) {
    const refused = await save(cookie, NEW, wrong);
    expect(refused.status).toBe(422);
    expect(refused.text).toMatch(
      /id="field-current-password-faults"[^>]*>\s*<li>Must be your password until now\.<\/li>/,
    );
    expect(refused.text).not.toContain(OLD);
  }
  expect((await byPassword(NEW)).status).toBe(401);
  const saved = await save(cookie, NEW, OLD);
  expect([saved.status, saved.text.includes('Your password is set')]).toEqual([200, true]);
  expect((await byPassword(OLD)).status).toBe(401);
  expect((await byPassword(NEW)).status).toBe(303);
});

it('says everything that is wrong at once, and sets nothing', async () => {
  const cookie = await signedIn();
  const wrong = { current_password: NEW, password: 'short', repeated: 'other' };
  const refused = await page('/profile/password', cookie, { _csrf: await csrfTokenOfPage(app, cookie), ...wrong });
  const faults = [...refused.text.matchAll(/id="field-([a-z-]+)-faults"[^>]*>\s*<li>([^<]+)<\/li>/g)];
  expect(faults.map(([, field, fault]) => [field, fault])).toEqual([
    ['current-password', 'Must be your password until now.'],
    ['password', 'Must have from 12 to 1024 characters.'],
    ['repeated', 'Must be the same as above.'],
  ]);
  const unrepeated = { current_password: OLD, password: NEW, repeated: '' };
  const other = await page('/profile/password', cookie, { _csrf: await csrfTokenOfPage(app, cookie), ...unrepeated });
  expect(other.status).toBe(422);
  expect((await byPassword(OLD)).status).toBe(303);
});

it('ends every other session and every sign-in link, and nobody else’s', async () => {
  const here = await signedIn();
  const elsewhere = cookieOf(await byPassword(OLD));
  const link = await newLink();
  const administrator = `blueberry=${await app.session(app.administrator)}`;
  expect((await save(here, NEW, OLD)).status).toBe(200);
  expect(await isSignedIn(here)).toBe(true);
  expect(await isSignedIn(elsewhere)).toBe(false);
  expect((await byLink(link)).status).toBe(401);
  expect(await isSignedIn(administrator)).toBe(true);
});

it('takes a sign-in link for the password that was forgotten, once', async () => {
  await signedIn();
  const cookie = cookieOf(await byLink(await newLink()));
  expect(await asksForCurrent(cookie)).toBe(false);
  expect((await save(cookie, NEW)).status).toBe(200);
  expect(await asksForCurrent(cookie)).toBe(true);
  expect((await save(cookie, OLD)).status).toBe(422);
  expect((await byPassword(NEW)).status).toBe(303);
});

it('takes no more guesses than the way in does', async () => {
  const cookie = await signedIn();
  const statuses: number[] = [];
  for (let guess = 0; guess < 11; guess += 1) statuses.push((await save(cookie, NEW, `guess ${String(guess)}`)).status);
  expect(statuses.at(0)).toBe(422);
  expect(statuses.at(-1)).toBe(429);
});
