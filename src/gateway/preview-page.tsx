import { raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';

/** How a page looks and what it does. */
type Tone = 'waiting' | 'failed' | 'gone';

export interface PageContent {
  readonly tone: Tone;
  /** Of the environment. */
  readonly name: string;
  readonly heading: string;
  /** One sentence; may hold anything. */
  readonly message: string;
  /** Whether the page follows what happens, and goes away by itself. */
  readonly live: boolean;
  readonly links: readonly { readonly href: string; readonly label: string }[];
}

const REFRESH_SECONDS = 3;
const NOTES: Partial<Record<Tone, string>> = {
  waiting: 'This page opens the application as soon as it answers.',
  failed: 'This page changes by itself once that is put right.',
};

/** A page that stands by itself: no file is loaded, and nothing runs or styles it but what carries the nonce. */
export function renderPage(page: PageContent & { readonly nonce: string }): string {
  const { tone, name, heading, message, live, links, nonce } = page;
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${heading}: ${name}`}</title>
        <link rel="icon" href={ICON} />
        <style nonce={nonce}>{raw(PAGE_STYLE)}</style>
        {live && (
          <noscript>
            <meta http-equiv="refresh" content={String(REFRESH_SECONDS)} />
          </noscript>
        )}
      </head>
      <body class={tone} data-tone={tone}>
        <main>
          <Blueberry />
          <p class="name">{name}</p>
          <h1>{heading}</h1>
          <p class="message" role="status">
            {printable(message)}
          </p>
          {live && <p class="note">{NOTES[tone]}</p>}
          {links.length > 0 && (
            <nav aria-label="Where to go">
              {links.map(({ href, label }) => (
                <a href={href}>{label}</a>
              ))}
            </nav>
          )}
        </main>
        {live && <script nonce={nonce}>{raw(PAGE_SCRIPT)}</script>}
      </body>
    </html>
  );
  // No component is asynchronous, so this is the text already.
  return `<!doctype html>${html as HtmlEscapedString}`;
}

function Blueberry() {
  return (
    <svg viewBox="0 0 64 64" aria-hidden="true">
      <path class="leaf" d="M33 17c1-8 8-13 18-13 0 9-7 15-18 13z" />
      <g class="fruit">
        <circle cx="32" cy="38" r="22" />
        <path class="shade" d="M32 24l3 5 6-1-2 6 4 4-6 2-1 6-4-4-4 4-1-6-6-2 4-4-2-6 6 1z" />
      </g>
    </svg>
  );
}

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="36" r="24" fill="#4b54c8"/></svg>',
  );

/** Log lines may hold control characters and marks that turn the direction of writing. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ''); // eslint-disable-line no-control-regex -- these are what is removed
}
