import type { Children, Html } from './html.ts';
import { Icon } from './icon.tsx';

export interface PageHeadProps {
  readonly title: string;
  readonly lead?: string;
  /** Where this page stands below another. */
  readonly parent?: { readonly href: string; readonly label: string };
  /** Buttons and links at the end. */
  readonly children?: Children;
}

export function PageHead({ title, lead, parent, children }: PageHeadProps): Html {
  return (
    <div class="page-head">
      <div class="page-title">
        {parent && (
          <nav aria-label="Breadcrumb">
            <a class="crumb" href={parent.href}>
              <Icon name="chevron" class="icon-back" />
              {parent.label}
            </a>
          </nav>
        )}
        <h1>{title}</h1>
        {lead !== undefined && <p class="lead">{lead}</p>}
      </div>
      {children !== undefined && <div class="page-actions">{children}</div>}
    </div>
  );
}
