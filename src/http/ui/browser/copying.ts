const SHOWN_MS = 1_600;

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
  announce('Copied.');
  button.classList.add('copied');
  setTimeout(() => {
    button.classList.remove('copied');
  }, SHOWN_MS);
}

function announce(text: string): void {
  const notices = document.querySelector('#notices');
  if (!notices) return;
  const remark = document.createElement('p');
  remark.className = 'visually-hidden';
  remark.textContent = text;
  notices.append(remark);
  setTimeout(() => {
    remark.remove();
  }, SHOWN_MS);
}
