import type { Children, Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon-shapes.tsx';

const ICONS = { info: 'info', danger: 'failed', ready: 'ready' } as const satisfies Record<string, IconName>;

/** A remark that stands out, with an icon so that it does not speak by colour alone. */
export function Callout({ tone, children }: { readonly tone: keyof typeof ICONS; readonly children?: Children }): Html {
  return (
    <div class={`callout callout-${tone}`} role={tone === 'danger' ? 'alert' : undefined}>
      <Icon name={ICONS[tone]} />
      <div>{children}</div>
    </div>
  );
}
