import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { startProduct, type Product } from '../support/product.ts';

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

describe('the first visit', () => {
  it('shows who is not signed in nothing but the way in', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://localhost:${String(product.port)}/environments/new`);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    await context.close();
  });
});
