import type { Children, Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon-shapes.tsx';

export interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** What belongs here and how to get it. */
  readonly children?: Children;
}

export function EmptyState({ icon, title, children }: EmptyStateProps): Html {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
