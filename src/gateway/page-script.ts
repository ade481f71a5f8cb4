/** Where pages ask how their environment is, on their own origin. */
export const STATUS_PATH = '/.well-known/blueberry/status';

/**
 * Asks each second, shows what is being waited for, and loads the page again when there is something else to see. It
 * takes everything it needs from the document, so that nothing is ever written into it.
 */
export const PAGE_SCRIPT = `
(() => {
  const message = document.querySelector('[role=status]');
  const shown = document.body.dataset.tone;
  const loadedAt = Date.now();
  const look = async () => {
    let next = 1000;
    try {
      const reply = await fetch('${STATUS_PATH}', { cache: 'no-store', headers: { accept: 'application/json' } });
      const status = reply.status === 404 ? { status: 'gone' } : await reply.json();
      const tone = status.ready ? 'serving' : ['gone', 'failed'].includes(status.status) ? status.status : 'waiting';
      // A page that comes back the same must not make the browser spin.
      if (tone !== shown && Date.now() - loadedAt > 900) return location.reload();
      if (status.message && message.textContent !== status.message) message.textContent = status.message;
    } catch {
      next = 2000;
    }
    setTimeout(look, next);
  };
  setTimeout(look, 1000);
})();
`;
