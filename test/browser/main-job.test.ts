import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { openConsole, signIn, type Console } from '../support/console.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { startProduct, type Product } from '../support/product.ts';

const PACKAGE = JSON.stringify({ name: 'shop', scripts: { start: 'node server.js' } });
const server = (title: string): string => `
  const http = require('node:http');
  console.log('The shop is called ${title}.');
  http.createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Shop</title><h1>${title}</h1>');
  }).listen(process.env.PORT);
`;

let fixture: GitFixture;
let product: Product;
let browser: Browser;
let console: Console;
let page: Page;

beforeAll(async () => {
  fixture = await createGitFixture({ 'package.json': PACKAGE, 'server.js': server('Old shop') });
  await fixture.git('checkout', '--quiet', '-b', 'feature/Login-Page');
  await fixture.commit({ 'server.js': server('New shop') });
  product = await startProduct();
  browser = await launchChromium();
  console = await openConsole(product, browser, await signIn(product, browser));
  page = await console.open('/');
});
afterAll(async () => {
  await browser.close();
  await product.dispose();
  await fixture.dispose();
});

async function visit(): Promise<string> {
  const preview = await console.context.newPage();
  await preview.goto(`http://feature-login-page.localhost:${String(product.port)}/`);
  await preview.getByRole('heading', { name: /shop/ }).waitFor();
  const heading = await preview.getByRole('heading').innerText();
  await preview.close();
  return heading;
}

const badge = (word: string) => page.locator('#env-head').getByText(word, { exact: true });

it('shows who is not signed in nothing but the way in', async () => {
  const stranger = await browser.newPage();
  await stranger.goto(`${console.url}/environments/new`);
  expect(new URL(stranger.url()).pathname).toBe('/sign-in');
  await stranger.close();
});

it('connects a repository', async () => {
  await page.getByRole('heading', { name: 'Connect a repository first' }).waitFor();
  await page.getByRole('link', { name: 'Go to the repositories' }).click();
  await page.getByRole('link', { name: 'Connect repository' }).click();
  await page.getByLabel('URL').fill(fixture.path);
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText('feature/Login-Page').waitFor();
});

it('creates an environment of a branch that is completed from Git', async () => {
  await page.getByRole('link', { name: 'Environments', exact: true }).click();
  await page.getByRole('heading', { name: 'No environment yet' }).waitFor();
  await page.getByRole('link', { name: 'New environment' }).click();
  const branch = page.getByRole('combobox', { name: 'Branch' });
  expect(await branch.inputValue()).toBe('feature/Login-Page');
  await branch.click();
  await page.keyboard.type('log');
  await page.getByRole('option', { name: /feature\/Login-Page/ }).waitFor();
  await branch.press('ArrowDown');
  await branch.press('Enter');
  expect(await branch.inputValue()).toBe('feature/Login-Page');
  await page.getByRole('button', { name: 'Create environment' }).click();
  await page.getByRole('heading', { name: 'feature-login-page' }).waitFor();
});

it('shows it become ready without a reload, and its log', async () => {
  await badge('Ready').waitFor();
  await page.locator('#env-message').getByText('Running feature/Login-Page at').waitFor();
  expect(await page.title()).toBe('feature-login-page: ready · Blueberry');
  await page.locator('#log-lines').getByText('The shop is called New shop.').waitFor();
  expect(await visit()).toBe('New shop');
});

it('follows a commit by itself', async () => {
  const commit = await fixture.commit({ 'server.js': server('Newest shop') });
  await page
    .locator('#env-message')
    .getByText(`at ${commit.slice(0, 7)}`)
    .waitFor();
  await page.locator('#log-lines').getByText('The shop is called Newest shop.').waitFor();
  expect(await visit()).toBe('Newest shop');
});

it('extends its time to live', async () => {
  await page.getByRole('button', { name: 'Extend' }).click();
  const dialog = page.getByRole('dialog', { name: 'Extend' });
  await dialog.getByLabel('Time to live from now').fill('200');
  await dialog.getByRole('button', { name: 'Extend' }).click();
  await dialog.getByText(/168/).last().waitFor();
  await dialog.getByRole('button', { name: '7 days' }).click();
  await dialog.getByRole('button', { name: 'Extend' }).click();
  await page.locator('#env-details').getByText('renewed for 168 h').waitFor();
  expect(await dialog.isVisible()).toBe(false);
});

it('redeploys an earlier commit', async () => {
  const earlier = await fixture.git('rev-parse', 'HEAD~1');
  await page.getByRole('button', { name: 'Redeploy' }).click();
  const dialog = page.getByRole('dialog', { name: 'Redeploy' });
  await dialog.getByText(earlier.slice(0, 7)).click();
  await dialog.getByRole('button', { name: 'Redeploy' }).click();
  await page
    .locator('#env-message')
    .getByText(`at ${earlier.slice(0, 7)}`)
    .waitFor();
  await badge('Ready').waitFor();
  expect(await visit()).toBe('New shop');
});

it('sleeps, and a visit wakes it', async () => {
  await page.getByRole('button', { name: 'Sleep' }).click();
  await badge('Asleep').waitFor();
  await page.locator('#env-resources').getByText('Process web').waitFor({ state: 'detached' });
  expect(await visit()).toBe('New shop');
  await badge('Ready').waitFor();
  await page.locator('#env-timeline').getByText('Woken by a visit.').waitFor();
});

it('pauses and resumes its log', async () => {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused, 0 new').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('Following').waitFor();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
});

it('tells times as people read them', async () => {
  const text = await page.locator('main').innerText();
  expect(text).toContain('Lives until');
  expect(text).not.toMatch(/\d{4}-\d\d-\d\dT/);
});

it('is deleted, and says what goes and what is gone', async () => {
  await page.getByRole('link', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete feature-login-page?' });
  await dialog.getByText('Process web').waitFor();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await badge('Terminated').waitFor();
  await page.locator('#env-receipt').getByText('seen gone').waitFor();
  await page.getByRole('button', { name: 'Pause' }).waitFor({ state: 'hidden' });
  await page.reload();
  await page.locator('#log-lines').getByText('The shop is called New shop.').first().waitFor();
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  const preview = await console.context.newPage();
  const answer = await preview.goto(`http://feature-login-page.localhost:${String(product.port)}/`);
  expect(answer?.status()).toBe(404);
  await preview.close();
  await page.getByRole('link', { name: 'Environments', exact: true }).first().click();
  await page.getByRole('heading', { name: 'No environment at the moment' }).waitFor();
});

it('gave the browser nothing to complain about', () => {
  expect(console.complaints).toEqual([]);
  expect(console.alerts).toEqual([]);
});
