import type { HtmxErrorEvent, HtmxRequestEvent } from './htmx-events.ts';

/** How long a remark that nobody has to do anything about is to be seen. */
export const REMARK_MS = 1_600;

const NOT_SENT = 'This could not be sent: Blueberry does not answer. Check that it runs, then try again.';
const NO_ANSWER = 'Blueberry has not answered in time. Load the page to see whether it was done before you try again.';

export function showRemark(text: string): void {
  const remark = document.createElement('p');
  remark.className = 'remark';
  remark.textContent = text;
  document.querySelector('#notices')?.append(remark);
  setTimeout(() => {
    remark.remove();
  }, REMARK_MS);
}

/** Says what became of actions that got no answer, and takes notices away when they are closed or something else is done. */
export function enableNotices(): void {
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element) || !event.target.closest('[data-close-notice]')) return;
    event.target.closest('.callout')?.remove();
  });
  document.addEventListener('htmx:before:request', (event) => {
    const { sourceElement } = (event as HtmxRequestEvent).detail.ctx;
    if (!isAction(sourceElement)) return;
    placeFor(sourceElement)?.replaceChildren();
    document.querySelector('#notices')?.replaceChildren();
  });
  document.addEventListener('htmx:error', (event) => {
    const { ctx, error } = (event as HtmxErrorEvent).detail;
    // That the page can't be kept up to date is told by the banner.
    if (ctx === undefined || !isAction(ctx.sourceElement)) return;
    const notice = document.querySelector<HTMLTemplateElement>('#not-sent')?.content.cloneNode(true);
    if (!(notice instanceof DocumentFragment)) return;
    const text = notice.querySelector('p');
    if (text) text.textContent = error === 'timeout' ? NO_ANSWER : NOT_SENT;
    placeFor(ctx.sourceElement)?.replaceChildren(notice);
  });
}

function isAction(source: Element): boolean {
  return source.matches('form[method="post"]');
}

/** What lies under an open dialog is not seen. */
function placeFor(source: Element): Element | null {
  const dialog = source.closest('dialog');
  return document.querySelector(dialog ? `#${dialog.id}-problem` : '#notices');
}
