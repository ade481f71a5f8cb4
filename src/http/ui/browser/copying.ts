import { REMARK_MS, showRemark } from './notices.ts';

/** Buttons with `data-copy` put that text on the clipboard, and say so for a moment. */
export function enableCopying(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy]') : null;
    if (button) void copy(button, button.dataset['copy'] ?? '');
  });
}

async function copy(button: HTMLElement, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https there is no clipboard for scripts: at least the text can be taken from here.
    window.prompt('Copy this:', text);
    return;
  }
  showRemark('Copied');
  button.classList.add('copied');
  setTimeout(() => {
    button.classList.remove('copied');
  }, REMARK_MS);
}
