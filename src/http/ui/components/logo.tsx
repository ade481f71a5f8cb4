import type { Html } from './html.ts';

/** The blueberry; its colours come from the style sheet. */
export function Logo(): Html {
  return (
    <svg class="logo" viewBox="0 0 64 64" aria-hidden="true">
      <path class="logo-leaf" d="M34 17c1-8 8-13 18-13 0 9-7 15-18 13z" />
      <circle class="logo-fruit" cx="32" cy="38" r="22" />
      <path class="logo-crown" d="m32 25 3 5 6-1-2 6 4 4-6 2-1 6-4-4-4 4-1-6-6-2 4-4-2-6 6 1z" />
    </svg>
  );
}
