import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { Product } from './product.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core');

/** One person's browser, signed in to the console. */
export interface Console {
  readonly context: BrowserContext;
  readonly url: string;
  /** Everything that the browser complained about in any of the pages: scripts that failed, what the policy refused. */
  readonly complaints: string[];
  /** Dialogs that scripts have opened: there is never a reason for one. */
  readonly alerts: string[];
  open(path: string): Promise<Page>;
  close(): Promise<void>;
}

export type Session = Awaited<ReturnType<BrowserContext['storageState']>>;

const DOES_NOT_COUNT = /Failed to load resource/;

/** Opens the link that the product printed, as its first user does. It works once: more browsers share the session. */
export async function signIn(product: Product, browser: Browser): Promise<Session> {
  const link = /http:\S+\/sign-in\/link\S+/.exec(product.output())?.[0];
  if (link === undefined) throw new Error(`No sign-in link was printed:\n${product.output()}`);
  const page = await browser.newPage();
  await page.goto(link);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  const session = await page.context().storageState();
  await page.close();
  return session;
}

export async function openConsole(
  product: Product,
  browser: Browser,
  session: Session,
  options: BrowserContextOptions = {},
): Promise<Console> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    storageState: session,
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const alerts: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error' && !DOES_NOT_COUNT.test(message.text())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('dialog', (dialog) => {
    alerts.push(dialog.message());
    void dialog.dismiss();
  });
  const url = `http://localhost:${String(product.port)}`;
  return {
    context,
    url,
    complaints,
    alerts,
    async open(path) {
      const opened = await context.newPage();
      await opened.goto(`${url}${path}`);
      return opened;
    },
    close: () => context.close(),
  };
}

/** The rules that the page breaks for people with a screen reader, a keyboard, or weak eyes. Needs `bypassCSP`. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'));
  return page.evaluate(async () => {
    interface Violation {
      readonly id: string;
      readonly nodes: readonly { readonly html: string }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
