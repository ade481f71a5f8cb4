export const ROLES = ['administrator', 'member', 'viewer', 'guest'] as const;
export type Role = (typeof ROLES)[number];

/** What an API token can be limited to, and what each route and use case asks for. */
export const SCOPES = [
  'environments:read',
  'environments:write',
  'repositories:read',
  'repositories:write',
  'config_sets:read',
  'config_sets:write',
  'tokens:read',
  'tokens:write',
  'users:read',
  'users:write',
] as const;
export type Scope = (typeof SCOPES)[number];

const READ: readonly Scope[] = ['environments:read', 'repositories:read', 'config_sets:read'];
const OWN_TOKENS: readonly Scope[] = ['tokens:read', 'tokens:write'];

/** What each role may do at the most. Ownership and visibility narrow it further, record by record. */
const SCOPES_OF_ROLE: Record<Role, ReadonlySet<Scope>> = {
  administrator: new Set(SCOPES),
  member: new Set<Scope>([...READ, 'environments:write', ...OWN_TOKENS]),
  viewer: new Set<Scope>([...READ, ...OWN_TOKENS]),
  guest: new Set<Scope>(['environments:read', 'repositories:read']),
};

/** Who acts. `userId` is null only for Blueberry itself. */
export interface Actor {
  readonly userId: string | null;
  readonly email: string;
  readonly role: Role;
  /** Never more than the role's. */
  readonly scopes: ReadonlySet<Scope>;
  readonly via: 'session' | 'token' | 'system';
  readonly tokenId: string | null;
}

/** Blueberry itself: timers, the branch watcher, the gateway that wakes an environment. */
export const SYSTEM_ACTOR: Actor = {
  userId: null,
  email: 'blueberry',
  role: 'administrator',
  scopes: new Set(SCOPES),
  via: 'system',
  tokenId: null,
};

export function scopesOfRole(role: Role): ReadonlySet<Scope> {
  return SCOPES_OF_ROLE[role];
}

/** A token acts for its maker: what it was given, as far as its maker still has it. */
export function effectiveScopes(role: Role, granted: readonly Scope[] | 'all'): ReadonlySet<Scope> {
  const allowed = scopesOfRole(role);
  return granted === 'all' ? allowed : new Set(granted.filter((scope) => allowed.has(scope)));
}

export function may(actor: Actor, scope: Scope): boolean {
  return actor.scopes.has(scope);
}

/** Members change what is theirs, administrators change everything. */
export function mayChange(actor: Actor, ownerId: string): boolean {
  return actor.role === 'administrator' || (actor.userId !== null && actor.userId === ownerId);
}

/** Which records an actor sees: all, or only those whose audience names the user. A parameter of every read of the store. */
export type Visibility = { readonly scope: 'everything' } | { readonly scope: 'audience'; readonly userId: string };

export const EVERYTHING: Visibility = { scope: 'everything' };

/** The one place that decides what an actor can see. */
export function visibilityOf(actor: Actor): Visibility {
  if (actor.role === 'guest') return { scope: 'audience', userId: actor.userId ?? '' };
  return EVERYTHING;
}

export function isVisible(visibility: Visibility, audience: readonly string[]): boolean {
  return visibility.scope === 'everything' || audience.includes(visibility.userId);
}
