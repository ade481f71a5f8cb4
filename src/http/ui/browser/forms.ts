import type { HtmxRequestEvent } from './htmx-events.ts';

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

/** After a form came back with faults its first one has the focus, else what is to be read before anything is done. */
export function enableForms(): void {
  document.addEventListener('htmx:after:swap', (event) => {
    const { sourceElement, response } = (event as HtmxRequestEvent).detail.ctx;
    if (sourceElement.matches('form') && (response?.status ?? 0) >= 400) {
      sourceElement.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    }
    const toRead = document.querySelector<HTMLElement>('[data-take-focus]');
    if (!toRead) return;
    delete toRead.dataset['takeFocus'];
    toRead.focus({ preventScroll: true });
    toRead.scrollIntoView({ block: 'center' });
  });
  sendSignInLink();
}

/**
 * On one's own machine the link that was printed at the start signs in at once. Elsewhere it takes a click, because mail
 * is read by programs that open links and run what they find.
 */
function sendSignInLink(): void {
  const form = document.querySelector<HTMLFormElement>('#sign-in-link[data-at-once]');
  if (form && LOOPBACK.test(location.hostname)) form.requestSubmit();
}
