import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { openConsole, signIn, type Session } from '../support/console.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { startProduct, type Product } from '../support/product.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

let fixture: GitFixture;
let product: Product;
let browser: Browser;
let session: Session;
let environmentId: string;

beforeAll(async () => {
  fixture = await createGitFixture({ 'index.html': '<!doctype html><title>Static</title><h1>Static</h1>' });
  product = await startProduct();
  browser = await launchChromium();
  session = await signIn(product, browser);
  const repository = await product.api<{ id: string }>('POST', '/api/repositories', { url: fixture.path });
  const input = { name: 'static', repository_id: repository.body.id, branch: 'main' };
  environmentId = (await product.api<{ id: string }>('POST', '/api/environments', input)).body.id;
});
afterAll(async () => {
  await browser.close();
  await product.dispose();
  await fixture.dispose();
});

async function topOf(page: Page, selector: string): Promise<number | undefined> {
  return (await page.locator(selector).boundingBox())?.y;
}

describe('notices', () => {
  it('say that something was copied without moving the page', async () => {
    const console = await openConsole(product, browser, session, { permissions: ['clipboard-write'] });
    const page = await console.open(`/environments/${environmentId}`);
    await page.locator('#env-head').getByText('Ready', { exact: true }).waitFor();
    const before = await topOf(page, 'h1');
    await page.getByRole('button', { name: 'Copy the URL' }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    expect(await topOf(page, 'h1')).toBe(before);
    await page.getByText('Copied', { exact: true }).waitFor({ state: 'detached' });
    await console.close();
  });

  it('say what could not be sent, on the page and in a dialog, until something is sent again', async () => {
    const console = await openConsole(product, browser, session);
    const page = await console.open(`/environments/${environmentId}`);
    await page.route(/\/(?:sleep|extend)$/, (route) => route.abort());
    await page.getByRole('button', { name: 'Sleep' }).click();
    const notice = page.locator('#notices').getByText('This could not be sent: Blueberry does not answer.');
    await notice.waitFor();
    await page.locator('#notices').getByRole('button', { name: 'Close' }).click();
    await notice.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Extend' }).click();
    const dialog = page.getByRole('dialog', { name: 'Extend' });
    await dialog.getByRole('button', { name: 'Extend' }).click();
    await dialog.getByText('This could not be sent').waitFor();
    await page.unroute(/\/(?:sleep|extend)$/);
    await dialog.getByRole('button', { name: 'Extend' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await console.close();
  });
});

describe('the tokens', () => {
  it('show the secret of a new one where it is seen, on a phone too, and empty the form', async () => {
    const console = await openConsole(product, browser, session, PHONE);
    const page = await console.open('/tokens');
    await page.getByRole('textbox', { name: 'Name' }).fill('phone');
    await page.getByLabel('environments:read').check();
    await page.getByRole('button', { name: 'Create token' }).click();
    const secret = page.locator('#token-secret');
    await secret.waitFor();
    await page.locator('.callout:focus').waitFor();
    const box = await secret.boundingBox();
    expect(box && box.y > 0 && box.y + box.height < PHONE.viewport.height).toBe(true);
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('');
    expect(await page.getByLabel('environments:read').isChecked()).toBe(false);
    await console.close();
  });

  it('mark each field that is wrong', async () => {
    const console = await openConsole(product, browser, session);
    const page = await console.open('/tokens');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.locator('#field-name[aria-invalid]:focus').waitFor();
    const colours = await page.evaluate<string[]>(`
      const style = (selector) => getComputedStyle(document.querySelector(selector));
      [
        style('#field-name').borderTopColor,
        style('input[value="environments:read"]').borderTopColor,
        style('#field-name-faults').color,
      ];
    `);
    expect(new Set(colours).size).toBe(1);
    expect(await page.getByText('Must not be empty.').count()).toBe(2);
    await console.close();
  });

  it('are revoked only after a question', async () => {
    const input = { name: 'doomed', scopes: ['environments:read'] };
    const { body } = await product.api<{ id: string }>('POST', '/api/tokens', input);
    const console = await openConsole(product, browser, session);
    const page = await console.open('/tokens');
    const row = page.locator(`#token-${body.id}`);
    await row.getByRole('button', { name: 'Revoke doomed' }).click();
    const dialog = page.getByRole('dialog', { name: 'Revoke doomed?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await row.getByRole('button', { name: 'Revoke doomed' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('Revoked', { exact: true }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(console.complaints).toEqual([]);
    await console.close();
  });
});

describe('the form of a new environment', () => {
  it('warns of a branch that does not exist, and shows the name that is free', async () => {
    const console = await openConsole(product, browser, session);
    const page = await console.open('/environments/new');
    const branch = page.getByRole('combobox', { name: 'Branch' });
    const name = page.getByRole('textbox', { name: 'Name' });
    expect(await branch.inputValue()).toBe('main');
    expect(await name.getAttribute('placeholder')).toBe('main');
    await branch.click();
    await page.keyboard.type('static');
    await name.focus();
    await page.getByText('The repository has no such branch yet').waitFor();
    await page.locator('#field-name[placeholder="static-2"]').waitFor();
    await branch.fill('');
    await page.getByRole('option', { name: /^main/ }).click();
    await page.getByText('The repository has no such branch yet').waitFor({ state: 'hidden' });
    await page.locator('#field-name[placeholder="main"]').waitFor();
    await console.close();
  });

  it('leads to the environment that has the name', async () => {
    const console = await openConsole(product, browser, session);
    const page = await console.open('/environments/new');
    await page.getByRole('textbox', { name: 'Name' }).fill('static');
    await page.getByRole('button', { name: 'Create environment' }).click();
    const link = page.locator('#field-name-faults').getByRole('link', { name: 'environment' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe(`/environments/${environmentId}`);
    await console.close();
  });
});

it('a path with nothing on it is told with the navigation, to whoever is signed in', async () => {
  const console = await openConsole(product, browser, session);
  const page = await console.open('/nonsense');
  await page.getByRole('heading', { name: 'Not found' }).waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tokens' }).click();
  await page.getByRole('heading', { name: 'API tokens' }).waitFor();
  await console.close();
});

it('a link that was used says so', async () => {
  const page = await browser.newPage();
  await page.goto(/http:\S+\/sign-in\/link\S+/.exec(product.output())?.[0] ?? '');
  await page.getByText('This link was already used or is over.').waitFor();
  await page.getByRole('link', { name: 'sign in with a password' }).click();
  await page.getByLabel('Password').waitFor();
  await page.close();
});

it('a phone shows the section that is open among the others', async () => {
  const console = await openConsole(product, browser, session, PHONE);
  const page = await console.open('/profile');
  const box = await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Profile' }).boundingBox();
  expect(box && box.x >= 0 && box.x + box.width <= PHONE.viewport.width).toBe(true);
  await console.close();
});
