import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { eventually, startProduct, type Product } from '../support/product.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core');

let product: Product;
let browser: Browser;

beforeAll(async () => {
  product = await startProduct({ env: { DEMO_REPOSITORY: 'true' } });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await product.dispose();
});

async function signInLink(): Promise<string> {
  return eventually(
    () => Promise.resolve(/http:\S+\/sign-in\/link\S+/.exec(product.output())?.[0]),
    10_000,
    'the sign-in link',
  );
}

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axePath }).catch(() => undefined);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe?: { run(): Promise<{ violations: { id: string; help: string }[] }> };
    };
    if (!axe) return ['axe could not be loaded'];
    return (await axe.run()).violations.map(({ id, help }) => `${id}: ${help}`);
  });
}

describe('the first visit', () => {
  it('signs in by the printed link, shows the inviting list and the form, without a fault for a screen reader', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      // axe has to be put into pages whose policy forbids scripts from elsewhere.
      const context = await browser.newContext({ colorScheme, bypassCSP: true });
      const page = await context.newPage();
      if (colorScheme === 'light') {
        await page.goto(await signInLink());
        await page.getByRole('button', { name: /sign in/i }).click();
        await page.waitForURL((url) => url.pathname === '/');
        await context.storageState({ path: `${product.dataDir}/state.json` });
      } else {
        await context.addCookies(
          (await import(`${product.dataDir}/state.json`, { with: { type: 'json' } })).default.cookies,
        );
        await page.goto(`http://localhost:${String(product.port)}/`);
      }
      await page.getByRole('heading', { name: 'Environments', exact: true }).waitFor();
      await page.getByRole('link', { name: /create the first one/i }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.goto(`http://localhost:${String(product.port)}/environments/new`);
      await page
        .getByLabel(/branch/i)
        .first()
        .waitFor();
      expect(await violations(page)).toEqual([]);
      await context.close();
    }
  });

  it('shows who is not signed in nothing but the way in', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://localhost:${String(product.port)}/environments/new`);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    await context.close();
  });
});
