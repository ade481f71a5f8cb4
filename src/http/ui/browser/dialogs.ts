import type { HtmxRequestEvent } from './htmx-events.ts';

/** Opens dialogs from links and buttons, and closes them when their form went well. */
export function enableDialogs(): void {
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element)) return;
    const closer = event.target.closest('[data-close-dialog]');
    if (closer) {
      event.preventDefault();
      closer.closest('dialog')?.close();
      return;
    }
    const opener = event.target.closest<HTMLElement>('[data-dialog]');
    const dialog = document.getElementById(opener?.dataset['dialog'] ?? '');
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    open(dialog);
  });

  document.addEventListener('htmx:after:request', (event) => {
    const { sourceElement, response } = (event as HtmxRequestEvent).detail.ctx;
    if (!sourceElement.matches('form[data-closes-dialog]') || (response?.status ?? 500) >= 400) return;
    sourceElement.closest('dialog')?.close();
  });
}

function open(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  dialog.querySelector(`#${dialog.id}-problem`)?.replaceChildren();
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent('opened'));
}
