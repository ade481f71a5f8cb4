import htmx from 'htmx.org';
import { connectionBanner } from './connection-banner.ts';
import type { HtmxRequestEvent } from './htmx-events.ts';
import { followEvents } from './shared-events.ts';
import { showStateInTab } from './tab-state.ts';

/** Many changes at once are one look. */
const GATHER_MS = 60;
const PAUSE_MS = 400;
const RETRY_MS = 4_000;
const ROWS_MIN = 50;

/**
 * Keeps the page's live part as a fresh load would show it. The part says what it shows (`data-live`, `data-live-id`)
 * and where it is fetched from (`data-live-url`); it is morphed, so focus, selection and scrolling stay.
 */
export function enableLiveParts(): void {
  const { position } = document.body.dataset;
  if (position === undefined) return;
  const banner = connectionBanner();
  let timer = 0;
  let running = false;
  let again = false;
  let wasLost = false;

  function refreshIn(milliseconds: number): void {
    if (running) {
      again = true;
      return;
    }
    if (timer === 0) timer = window.setTimeout(() => void refresh(), milliseconds);
  }

  async function refresh(): Promise<void> {
    timer = 0;
    const part = livePart();
    // Nobody sees a list in a tab behind others; the tab of one environment tells its state by title and icon.
    if (!part || (document.hidden && part.dataset['live'] === 'environments')) {
      again = part !== null;
      return;
    }
    running = true;
    again = false;
    const isList = part.dataset['live'] === 'environments';
    await htmx.ajax('GET', urlOf(part), { source: part, target: part, swap: isList ? 'outerMorph' : 'none' });
    running = false;
    showStateInTab();
    if (again) refreshIn(PAUSE_MS);
  }

  document.addEventListener('htmx:before:response', (event) => {
    const { sourceElement, response, request } = (event as HtmxRequestEvent).detail.ctx;
    if (!sourceElement.matches('[data-live]') || !isLiveRequest(request.action)) return;
    const status = response?.status ?? 0;
    if (status === 401) banner.signedOut();
    else if (status >= 500)
      setTimeout(() => {
        refreshIn(0);
      }, RETRY_MS);
    const isStale = !sameList(request.action, livePart());
    if (isStale) again = true;
    if (status === 401 || status >= 500 || isStale) event.preventDefault();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && again) refreshIn(0);
  });
  document.addEventListener('htmx:after:swap', showStateInTab);

  followEvents(position, {
    changed(environmentId) {
      const part = livePart();
      if (part?.dataset['live'] === 'environments' || part?.dataset['liveId'] === environmentId) refreshIn(GATHER_MS);
    },
    reset() {
      refreshIn(0);
    },
    connected(isConnected) {
      banner.connected(isConnected);
      if (isConnected && wasLost) refreshIn(0);
      wasLost = !isConnected;
    },
    signedOut() {
      banner.signedOut();
    },
  });
}

const LIVE_PARAMETER = 'live';

function livePart(): HTMLElement | null {
  return document.querySelector<HTMLElement>('[data-live]');
}

/** A list is fetched with as many rows as it shows. */
function urlOf(part: HTMLElement): string {
  const url = new URL(part.dataset['liveUrl'] ?? location.href, location.href);
  const rows = part.dataset['liveRows'];
  if (rows !== undefined) {
    url.searchParams.set('limit', String(Math.max(ROWS_MIN, part.querySelectorAll(rows).length)));
  }
  url.searchParams.set(LIVE_PARAMETER, '1');
  return url.pathname + url.search;
}

function isLiveRequest(action: string): boolean {
  return new URL(action, location.href).searchParams.has(LIVE_PARAMETER);
}

/** Whether a filter was changed while the answer was under way: it shows something else then. */
function sameList(action: string, part: HTMLElement | null): boolean {
  if (part === null) return false;
  const [asked, wanted] = [new URL(action, location.href), new URL(urlOf(part), location.href)];
  for (const url of [asked, wanted]) url.searchParams.delete('limit');
  return asked.href === wanted.href;
}
