/** A connection that comes back at once is not worth a word. */
const PATIENCE_MS = 1_500;

export interface ConnectionBanner {
  connected(isConnected: boolean): void;
  signedOut(): void;
}

/** Says quietly at the top of the page that what it shows may be old. */
export function connectionBanner(): ConnectionBanner {
  let timer = 0;
  let isSignedOut = false;

  function show(...content: (string | Node)[]): void {
    const banner = document.querySelector<HTMLElement>('#connection');
    if (!banner) return;
    banner.replaceChildren(...content);
    banner.hidden = content.length === 0;
  }

  return {
    connected(isConnected) {
      clearTimeout(timer);
      if (isConnected) {
        isSignedOut = false;
        show();
      } else if (!isSignedOut)
        timer = window.setTimeout(() => {
          show('The connection is lost. What you see may be old; it goes on by itself.');
        }, PATIENCE_MS);
    },
    signedOut() {
      clearTimeout(timer);
      isSignedOut = true;
      const link = document.createElement('a');
      link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = 'Sign in again';
      show('Your session has ended. ', link, '.');
    },
  };
}
