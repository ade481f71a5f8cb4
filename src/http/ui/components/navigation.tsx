import { may, type Actor, type Scope } from '../../../core/permissions.ts';
import type { Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon-shapes.tsx';

/** Sections of the console; each page belongs to one. */
export type Section = 'environments' | 'repositories' | 'config-sets' | 'tokens' | 'profile';

interface Entry {
  readonly section: Section;
  readonly label: string;
  readonly href: string;
  readonly icon: IconName;
  readonly scope: Scope | null;
}

const ENTRIES: readonly Entry[] = [
  { section: 'environments', label: 'Environments', href: '/', icon: 'environments', scope: 'environments:read' },
  {
    section: 'repositories',
    label: 'Repositories',
    href: '/repositories',
    icon: 'repository',
    scope: 'repositories:read',
  },
  { section: 'config-sets', label: 'Config sets', href: '/config-sets', icon: 'sliders', scope: 'config_sets:read' },
  { section: 'tokens', label: 'Tokens', href: '/tokens', icon: 'key', scope: 'tokens:read' },
  { section: 'profile', label: 'Profile', href: '/profile', icon: 'user', scope: null },
];

/** Shows only what the actor may open. */
export function Navigation({ actor, current }: { readonly actor: Actor; readonly current: Section | null }): Html {
  return (
    <nav class="nav" aria-label="Main">
      <ul>
        {ENTRIES.filter(({ scope }) => scope === null || may(actor, scope)).map(({ section, label, href, icon }) => (
          <li>
            <a class="nav-link" href={href} aria-current={section === current ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{label}</span>
            </a>
          </li>
        ))}
        <li>
          <a class="nav-link" href="/docs" target="_blank" rel="noopener">
            <Icon name="external" />
            <span>
              API docs<span class="visually-hidden"> (opens in a new tab)</span>
            </span>
          </a>
        </li>
      </ul>
    </nav>
  );
}
