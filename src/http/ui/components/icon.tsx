import type { Html } from './html.ts';
import { ICON_SHAPES, type IconName } from './icon-shapes.tsx';

/** A drawing beside words that say the same: hidden from screen readers. */
export function Icon({ name, class: extra }: { readonly name: IconName; readonly class?: string }): Html {
  return (
    <svg class={extra === undefined ? 'icon' : `icon ${extra}`} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}

/** All shapes once in a page: they are there at the first paint, also for parts that are fetched later. */
export function IconSprite(): Html {
  return (
    <svg class="sprite" aria-hidden="true">
      {Object.entries(ICON_SHAPES).map(([name, shape]) => (
        <symbol id={`i-${name}`} viewBox="0 0 24 24">
          {shape}
        </symbol>
      ))}
    </svg>
  );
}
