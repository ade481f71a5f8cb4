const ONE_YEAR_SECONDS = 31_536_000;

/** Light or dark, kept in a cookie so that the server draws the next page with it. What the system says is not kept. */
export function themeToggle() {
  return {
    toggle(): void {
      const root = document.documentElement;
      const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
      const next = (root.dataset['theme'] ?? system) === 'dark' ? 'light' : 'dark';
      if (next === system) delete root.dataset['theme'];
      else root.dataset['theme'] = next;
      const age = next === system ? 0 : ONE_YEAR_SECONDS;
      document.cookie = `theme=${next}; path=/; max-age=${String(age)}; samesite=lax`;
    },
  };
}
