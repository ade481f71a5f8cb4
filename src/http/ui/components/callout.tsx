import type { Children, Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon-shapes.tsx';

const ICONS = { info: 'info', danger: 'failed', ready: 'ready' } as const satisfies Record<string, IconName>;

export interface CalloutProps {
  readonly tone: keyof typeof ICONS;
  /** Where it lies over the page. */
  readonly closable?: boolean;
  readonly children?: Children;
}

/** A remark that stands out, with an icon so that it does not speak by colour alone. */
export function Callout({ tone, closable = false, children }: CalloutProps): Html {
  return (
    <div class={`callout callout-${tone}`} role={tone === 'danger' ? 'alert' : undefined}>
      <Icon name={ICONS[tone]} />
      <div>{children}</div>
      {closable && (
        <button
          class="button button-quiet button-icon button-small"
          type="button"
          data-close-notice=""
          aria-label="Close"
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
