import type { TestApp } from './test-app.ts';

/** The token that a page of this session carries in its forms. */
export async function csrfTokenOfPage(app: TestApp, cookie: string): Promise<string> {
  const page = await fetch(`${app.url}/profile`, { headers: { cookie } });
  const token = /name="_csrf" value="([^"]+)"/.exec(await page.text())?.[1];
  if (token === undefined) throw new Error('The page has no form with a token.');
  return token;
}
