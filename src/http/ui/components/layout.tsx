import type { PageContext } from '../page-context.ts';
import { Callout } from './callout.tsx';
import { EmailAddress } from './email-address.tsx';
import { CsrfField } from './form.tsx';
import type { Children, Html } from './html.ts';
import { Icon, IconSprite } from './icon.tsx';
import { Logo } from './logo.tsx';
import { Navigation, type Section } from './navigation.tsx';

/** Icons of a browser tab, by what it tells. */
const TAB_ICONS = ['berry', 'ready', 'pending', 'failed', 'asleep', 'ended'] as const;
export type TabIcon = (typeof TAB_ICONS)[number];

export interface LayoutProps {
  readonly context: PageContext;
  readonly title: string;
  readonly section?: Section | null;
  readonly tabIcon?: TabIcon;
  readonly children?: Children;
}

/** What htmx is told: nothing is styled or run by it, and what the user opened stays open when a part is replaced. */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: 'reload',
  morphIgnore: ['data-htmx-powered', 'open'],
  defaultTimeout: 30_000,
});

/** A whole page with navigation, for whoever is signed in. */
export function Layout({ context, title, section = null, tabIcon = 'berry', children }: LayoutProps): Html {
  const { actor } = context;
  return (
    <Document context={context} title={title} tabIcon={tabIcon}>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <header class="sidebar">
        <div class="sidebar-head">
          <a class="brand" href="/">
            <Logo />
            <span>Blueberry</span>
          </a>
          <ThemeToggle />
        </div>
        {actor && <Navigation actor={actor} current={section} />}
        {actor && (
          <div class="account">
            <p class="account-name">
              <EmailAddress email={actor.email} />
              <small>{actor.role}</small>
            </p>
            <form method="post" action="/sign-out">
              <CsrfField token={context.csrfToken} />
              <button class="button button-quiet button-icon" type="submit" aria-label="Sign out" title="Sign out">
                <Icon name="signOut" />
              </button>
            </form>
          </div>
        )}
      </header>
      <main id="main" tabindex={-1}>
        <p class="banner" id="connection" role="status" hidden />
        {children}
      </main>
      <div class="notices" id="notices" aria-live="polite" />
      <template id="not-sent">
        <Callout tone="danger" closable>
          <p />
        </Callout>
      </template>
    </Document>
  );
}

/** A page of its own in the middle of the window: signing in, and what went wrong before anybody did. */
export function PlainLayout({ context, title, children }: LayoutProps): Html {
  return (
    <Document context={context} title={title} tabIcon="berry">
      <main id="main" class="plain" tabindex={-1}>
        <a class="brand" href="/">
          <Logo />
          <span>Blueberry</span>
        </a>
        <div class="plain-card card">{children}</div>
      </main>
    </Document>
  );
}

interface DocumentProps {
  readonly context: PageContext;
  readonly title: string;
  readonly tabIcon: TabIcon;
  readonly children?: Children;
}

function Document({ context, title, tabIcon, children }: DocumentProps): Html {
  const { asset, nonce, theme, position } = context;
  const icons = Object.fromEntries(TAB_ICONS.map((icon) => [`data-${icon}`, asset(`tab-${icon}.svg`)]));
  return (
    <html lang="en" data-theme={theme ?? undefined}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <title>{`${title} · Blueberry`}</title>
        <link rel="stylesheet" href={asset('main.css')} />
        <link rel="icon" type="image/svg+xml" id="tab-icon" href={asset(`tab-${tabIcon}.svg`)} {...icons} />
        <script src={asset('main.js')} nonce={nonce} defer />
      </head>
      <body data-position={position ?? undefined} data-now={String(context.nowMs)}>
        <IconSprite />
        {children}
      </body>
    </html>
  );
}

function ThemeToggle(): Html {
  return (
    <button
      class="button button-quiet button-icon needs-script theme-toggle"
      type="button"
      x-data="themeToggle"
      x-on:click="toggle"
      aria-label="Switch between light and dark"
      title="Switch between light and dark"
    >
      <Icon name="sun" class="theme-light" />
      <Icon name="asleep" class="theme-dark" />
    </button>
  );
}
