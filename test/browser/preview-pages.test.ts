import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { ready, startPreviewGateway, withCondition, type PreviewGateway } from '../support/preview-gateway.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core');
const APPLICATION = '<!doctype html><title>Application</title><h1>The application</h1>';

let preview: PreviewGateway;
let browser: Browser;
beforeAll(async () => {
  preview = await startPreviewGateway();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await preview.dispose();
});

/** Opens a preview, and notes everything that the browser complains about. */
async function visit(name: string, options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext(options)).newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The page itself comes with a status that says that it is not the application.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`http://${name}.localhost:${String(preview.port)}/some/path?a=1`);
  return { page, complaints };
}

async function pending(name: string, message: string): Promise<string> {
  const { metadata } = await preview.create(name);
  await say(metadata.id, message);
  return metadata.id;
}

async function say(id: string, message: string): Promise<void> {
  await preview.change(id, (environment) => ({
    ...environment,
    status: { ...environment.status, conditions: withCondition([], 'Deployed', 'Building', message, 1) },
  }));
}

async function serve(name: string, id: string): Promise<void> {
  const started = await preview.serve(`${name}-application`, (_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(APPLICATION);
  });
  preview.serving.set(id, { port: started.port, revision: 1 });
  await preview.change(id, (environment) => ready(environment, 1));
}

it('the live page says what is waited for, and gives way to the application', async () => {
  const id = await pending('live', 'Building: npm ci');
  const { page, complaints } = await visit('live');
  await page.getByRole('status').getByText('Building: npm ci').waitFor();
  await say(id, 'Building: <img/src=x onerror=alert(1)>');
  await page.getByRole('status').getByText('Building: <img/src=x onerror=alert(1)>').waitFor();
  await serve('live', id);
  await page.getByRole('heading', { name: 'The application' }).waitFor();
  expect(page.url()).toContain('/some/path?a=1');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('the live page turns into the failure, and the failure back', async () => {
  const id = await pending('turning', 'Building.');
  const { page, complaints } = await visit('turning');
  await preview.change(id, (environment) => ({
    ...environment,
    status: { ...environment.status, conditions: withCondition([], 'Deployed', 'BuildFailed', 'No build.', 1) },
  }));
  await page.getByRole('heading', { name: 'Failed' }).waitFor();
  await page.getByRole('status').getByText('No build.').waitFor();
  await say(id, 'Building again.');
  await page.getByRole('heading', { name: 'Getting ready' }).waitFor();
  await preview.store.commit([{ op: 'delete', kind: 'name_reservation', id: 'turning' }], []);
  await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('without scripts the page loads itself again', async () => {
  const id = await pending('scriptless', 'Building.');
  const { page } = await visit('scriptless', { javaScriptEnabled: false });
  await serve('scriptless', id);
  await page.getByRole('heading', { name: 'The application' }).waitFor();
  await page.context().close();
});

it.each(['light', 'dark'] as const)('no page has a fault for a screen reader (%s)', async (colorScheme) => {
  const names = [`waits-${colorScheme}`, `fails-${colorScheme}`, `nothing-${colorScheme}`];
  await pending(names[0] ?? '', 'Building.');
  const failing = await pending(names[1] ?? '', 'Building.');
  await preview.change(failing, (environment) => ({
    ...environment,
    status: { ...environment.status, conditions: withCondition([], 'Deployed', 'BuildFailed', 'No build.', 1) },
  }));
  const axe = await readFile(axePath, 'utf8');
  for (const name of names) {
    const { page } = await visit(name, { colorScheme, bypassCSP: true, viewport: { width: 360, height: 640 } });
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { axe: loaded } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
      return (await loaded.run()).violations.map(({ id }) => id);
    });
    expect(found).toEqual([]);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    await page.context().close();
  }
});
