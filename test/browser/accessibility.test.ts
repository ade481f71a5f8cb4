import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { accessibilityFaults, openConsole, signIn, type Session } from '../support/console.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually, startProduct, type Product } from '../support/product.ts';

const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } } as const;

const LONG_BRANCH = 'feature/SHOP-12345-a-really-long-branch-name-that-somebody-made-for-the-checkout-redesign';

let fixture: GitFixture;
let product: Product;
let browser: Browser;
let session: Session;
let pages: Readonly<Record<string, string>>;

interface Named {
  readonly id: string;
}

beforeAll(async () => {
  fixture = await createGitFixture({ 'index.html': '<!doctype html><title>Static</title>' });
  await fixture.git('branch', LONG_BRANCH);
  product = await startProduct({ env: { DEMO_REPOSITORY: 'true' } });
  browser = await launchChromium();
  session = await signIn(product, browser);
  const repositories = await product.api<{ items: Named[] }>('GET', '/api/repositories');
  const repository = repositories.body.items[0]?.id ?? '';
  const longNamed = (await product.api<Named>('POST', '/api/repositories', { url: fixture.path })).body.id;
  const create = async (name: string, branch: string, repositoryId = repository): Promise<string> =>
    (await product.api<Named>('POST', '/api/environments', { name, repository_id: repositoryId, branch })).body.id;
  const running = await create('running', 'main');
  const asleep = await create('asleep', 'feature/dark-mode');
  const failed = await create('failed', 'no-such-branch');
  const ended = await create('ended', 'main');
  const long = await create('feature-shop-12345-a-really-long-branch', LONG_BRANCH, longNamed);
  await product.api('POST', `/api/environments/${asleep}/sleep`);
  await product.api('DELETE', `/api/environments/${ended}`);
  const configSet = await product.api<Named>('POST', '/api/config-sets', {
    name: 'Small',
    repository_ids: [repository],
    values: { env: { GREETING: 'hello' } },
    secrets: { API_KEY: 'not shown' },
  });
  expect(configSet.status).toBe(201);
  const settled = { [running]: 'ready', [failed]: 'failed', [ended]: 'terminated', [long]: 'ready' };
  for (const [id, wanted] of Object.entries(settled)) {
    await eventually(async () => {
      const { body } = await product.api<{ status: string }>('GET', `/api/environments/${id}`);
      return body.status === wanted ? true : null;
    });
  }
  pages = {
    'the list': '/',
    'an empty list': '/?q=nothing-of-that-name',
    'a new environment': '/environments/new',
    'a running environment': `/environments/${running}`,
    'a sleeping environment': `/environments/${asleep}`,
    'a failed environment': `/environments/${failed}`,
    'an environment of a long branch': `/environments/${long}`,
    'an ended environment': `/environments/${ended}`,
    'the question before deleting': `/environments/${running}/delete`,
    'the repositories': '/repositories',
    'a new repository': '/repositories/new',
    'a repository': `/repositories/${repository}`,
    'a repository with a long branch': `/repositories/${longNamed}`,
    'the config sets': '/config-sets',
    'a new config set': '/config-sets/new',
    'a config set': `/config-sets/${configSet.body.id}`,
    'the tokens': '/tokens',
    'the profile': '/profile',
    'a page that does not exist': '/environments/env_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    'the way in': '/sign-in',
  };
});
afterAll(async () => {
  await browser.close();
  await product.dispose();
  await fixture.dispose();
});

it.each([
  ['light', 'wide'],
  ['dark', 'wide'],
  ['light', 'phone'],
] as const)(
  'no page has a fault for a screen reader, a keyboard or weak eyes, nor scrolls sideways (%s, %s)',
  async (colorScheme, size) => {
    const options = { colorScheme, viewport: SIZES[size], bypassCSP: true, reducedMotion: 'reduce' } as const;
    const console = await openConsole(product, browser, session, options);
    const faults: string[] = [];
    const page = await console.open('/');
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${console.url}${path}`);
      if (name.startsWith('a repository')) await page.locator('.branch').first().waitFor();
      for (const fault of await accessibilityFaults(page)) faults.push(`${name}: ${fault}`);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      if (Number(overflow) > 0) faults.push(`${name}: is ${String(overflow)} pixels too wide`);
    }
    await console.close();
    expect(faults).toEqual([]);
  },
  90_000,
);

describe('the API documentation', () => {
  it('shows every endpoint without anything from elsewhere', async () => {
    const page = await browser.newPage();
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).host !== `localhost:${String(product.port)}`) elsewhere.push(request.url());
    });
    await page.goto(`http://localhost:${String(product.port)}/docs`);
    await page.getByText('/api/environments/{env_id}/redeploy').first().waitFor();
    expect(elsewhere).toEqual([]);
    await page.close();
  });
});
