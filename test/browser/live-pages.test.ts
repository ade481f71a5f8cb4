import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { openConsole, signIn, type Session } from '../support/console.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually, startProduct, type Product } from '../support/product.ts';

const EVENTS = '/api/events/environments';

let fixture: GitFixture;
let product: Product;
let browser: Browser;
let session: Session;
let repositoryId: string;

beforeAll(async () => {
  fixture = await createGitFixture({ 'index.html': '<!doctype html><title>Static</title><h1>Static</h1>' });
  product = await startProduct();
  browser = await launchChromium();
  session = await signIn(product, browser);
  const { body } = await product.api<{ id: string }>('POST', '/api/repositories', { url: fixture.path });
  repositoryId = body.id;
});
afterAll(async () => {
  await browser.close();
  await product.dispose();
  await fixture.dispose();
});

async function create(name: string): Promise<string> {
  const input = { name, repository_id: repositoryId, branch: 'main' };
  const { status, body } = await product.api<{ id: string }>('POST', '/api/environments', input);
  expect(status).toBe(201);
  return body.id;
}

/** Counts the event streams that are open in any tab. */
function countStreams(context: BrowserContext): () => number {
  const open = new Map<Request, Page>();
  context.on('request', (request) => {
    if (request.url().includes(EVENTS)) open.set(request, request.frame().page());
  });
  context.on('requestfailed', (request) => open.delete(request));
  context.on('requestfinished', (request) => open.delete(request));
  return () => [...open.values()].filter((page) => !page.isClosed()).length;
}

describe('pages that are open', () => {
  it('share one stream of events among all tabs, and pass it on when a tab is closed', async () => {
    const console = await openConsole(product, browser, session);
    const streams = countStreams(console.context);
    const tabs = [await console.open('/'), await console.open('/'), await console.open('/repositories')];
    await eventually(() => Promise.resolve(streams() === 1 ? true : null), 5_000, 'one stream');
    await create('shared-one');
    for (const tab of tabs.slice(0, 2)) {
      await tab.bringToFront();
      await tab.getByRole('link', { name: 'shared-one', exact: true }).waitFor();
    }
    await tabs[0]?.close();
    await create('shared-two');
    await tabs[1]?.bringToFront();
    await tabs[1]?.getByRole('link', { name: 'shared-two', exact: true }).waitFor();
    await eventually(() => Promise.resolve(streams() === 1 ? true : null), 5_000, 'one stream');
    expect(console.complaints).toEqual([]);
    await console.close();
  });

  it('keep what is typed and where the focus is, when something changes', async () => {
    const console = await openConsole(product, browser, session);
    const page = await console.open('/');
    const search = page.getByRole('searchbox');
    await search.fill('kept');
    await create('kept-focus');
    await page.getByRole('link', { name: 'kept-focus', exact: true }).waitFor();
    expect(await search.inputValue()).toBe('kept');
    expect(await search.and(page.locator(':focus')).count()).toBe(1);
    await console.close();
  });

  it('show anything that is named or printed as text, and run none of it', async () => {
    const nasty = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    await fixture.git('checkout', '--quiet', '-b', 'nasty');
    await fixture.commit(
      {
        Procfile: 'web: printf \'%s\\n\' "$NASTY" \'\\033[31mred\\033[0m\'; exec python3 -m http.server "$PORT"\n',
      },
      nasty,
    );
    await fixture.git('checkout', '--quiet', 'main');
    const input = {
      name: 'nasty',
      repository_id: repositoryId,
      branch: 'nasty',
      helm_values_override: { env: { NASTY: nasty }, [nasty]: '"><svg onload=alert(3)>' },
    };
    const { body } = await product.api<{ id: string }>('POST', '/api/environments', input);
    const console = await openConsole(product, browser, session);
    const page = await console.open(`/environments/${body.id}`);
    await page.locator('#log-lines').getByText(nasty).waitFor();
    await page.locator('#env-values').getByText('"><svg onload=alert(3)>').waitFor();
    await page.getByRole('button', { name: 'Redeploy' }).click();
    await page.getByRole('dialog').getByText(nasty).waitFor();
    expect(console.alerts).toEqual([]);
    expect(console.complaints).toEqual([]);
    await console.close();
  });

  it('catch up by themselves after the product was killed and started again', async () => {
    const id = await create('survivor');
    const console = await openConsole(product, browser, session);
    const page = await console.open(`/environments/${id}`);
    await page.locator('#env-head').getByText('Ready', { exact: true }).waitFor();
    const { port, dataDir } = product;
    await product.kill();
    await page.getByText('The connection is lost.').waitFor();
    const commit = await fixture.commit({ 'index.html': '<!doctype html><title>Next</title><h1>Next</h1>' });
    const folder = product;
    product = await startProduct({ port, dataDir });
    await page
      .locator('#env-message')
      .getByText(`at ${commit.slice(0, 7)}`)
      .waitFor({ timeout: 30_000 });
    await page.getByText('The connection is lost.').waitFor({ state: 'hidden' });
    expect(console.complaints).toEqual([]);
    await console.close();
    await product.stop();
    product = folder;
  });
});
