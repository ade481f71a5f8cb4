import type { Environment } from '../core/environment.ts';
import type { Visibility } from '../core/permissions.ts';
import type { Versioned } from './environment-store.ts';

export type AnnouncementType = 'created' | 'updated' | 'deleted';

/** The newest version of an environment, told to whoever follows. `deleted` is said once, when it is terminated. */
export interface Announcement {
  readonly type: AnnouncementType;
  readonly environment: Versioned<Environment>;
}

/** Positions are opaque to clients: the log's epoch and a place in it. */
export type Delivery =
  | { readonly kind: 'announcement'; readonly position: string; readonly announcement: Announcement }
  /** What was missed can't be told any more (unknown epoch, trimmed log): list again, then go on from `position`. */
  | { readonly kind: 'reset'; readonly position: string };

export interface Subscription {
  /** Where to go on; left out: from now. */
  readonly after?: string | undefined;
  readonly visibility: Visibility;
  /** Ends the iteration without an error. */
  readonly signal: AbortSignal;
}

/**
 * Tells state, not history. For each environment what is delivered never goes backwards, and a subscriber that comes
 * back with its last position gets the newest version of everything that changed meanwhile, or a `reset`. One that was
 * first announced after that position is delivered as `created`.
 */
export interface EventBus {
  /** A version that is not newer than what was announced of that environment is dropped, so repeating is harmless. */
  publish(announcement: Announcement): Promise<void>;
  /** Everything announced until now is at or before it. */
  position(): Promise<string>;
  /** Pulls at the consumer's pace; nothing is buffered without bound. */
  subscribe(subscription: Subscription): AsyncIterable<Delivery>;
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A position that no log gives, for when the bus can't be asked: who goes on from it gets a `reset`. */
export const UNKNOWN_POSITION = 'unknown';

export function announcementType(environment: Environment, version: number): AnnouncementType {
  if (environment.status.archivedAt !== null) return 'deleted';
  return version === 1 ? 'created' : 'updated';
}
