import type { Environment, Phase } from '../core/environment.ts';
import type { Visibility } from '../core/permissions.ts';
import type { RecordKind, RecordTypes } from '../core/records.ts';

/** A record with its version. Versions of one id count up from 1 at each write, and never start again while it exists. */
export interface Versioned<T> {
  readonly id: string;
  readonly version: number;
  readonly record: T;
}

export type Write = { [K in RecordKind]: PutWrite<K> | DeleteWrite<K> }[RecordKind];
export interface PutWrite<K extends RecordKind> {
  readonly op: 'put';
  readonly kind: K;
  readonly id: string;
  readonly record: RecordTypes[K];
}
export interface DeleteWrite<K extends RecordKind> {
  readonly op: 'delete';
  readonly kind: K;
  readonly id: string;
}

/** What must still be so when a commit is applied: a record at exactly this version, or none of that id. */
export type Precondition =
  | { readonly kind: RecordKind; readonly id: string; readonly version: number }
  | { readonly kind: RecordKind; readonly id: string; readonly absent: true };

export type CommitResult =
  | { readonly committed: true; readonly versions: ReadonlyMap<string, number> }
  | { readonly committed: false; readonly failed: Precondition };

/** Key of a write's new version in `CommitResult.versions`. */
export function recordKey(kind: RecordKind, id: string): string {
  return `${kind}/${id}`;
}

/** Filters of the environments list; several of them must all hold. */
export interface EnvironmentFilter {
  /** Left out: every living one. `terminated` is found only when it is named here. */
  readonly phases?: readonly Phase[];
  readonly repositoryId?: string;
  readonly branch?: string;
  /** The owner's e-mail address, exactly. */
  readonly owner?: string;
  readonly configSetId?: string;
  /** The whole name, living or not as `phases` says. */
  readonly name?: string;
  /** Prefix of name, branch or owner; case does not matter. */
  readonly q?: string;
}

export interface PageRequest {
  /** 1 to 200 for people; the product's own loops may ask for up to 1000. */
  readonly limit: number;
  /** As given by the page before; anything else fails with `invalid`. */
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly Versioned<T>[];
  readonly nextCursor: string | null;
}

/** Fields by which records other than environments can be listed. Adapters keep an index for each. */
export const LISTABLE_FIELDS = {
  timeline_event: ['environmentId'],
  effective_values: ['environmentId'],
  quota_slot: ['subject', 'environmentId'],
  repository: ['name', 'url'],
  config_set: ['name'],
  config_set_revision: ['configSetId'],
  api_token: ['owner.id'],
  user: ['email', 'issuer'],
  session: ['userId'],
  sign_in_link: ['userId'],
  idempotency_row: [],
} as const satisfies Partial<Record<RecordKind, readonly string[]>>;
export type ListableKind = keyof typeof LISTABLE_FIELDS;

export interface RecordQuery<K extends ListableKind> extends PageRequest {
  readonly where?: Partial<Record<(typeof LISTABLE_FIELDS)[K][number], string>>;
  /** By id, and ids of one kind sort by the time of their making. */
  readonly order?: 'ascending' | 'descending';
}

/**
 * Where all records live. Every method may take long and may fail with `unavailable`; none assumes that this process
 * is the only writer. What `visibility` hides is treated as if it did not exist; kinds without an audience are hidden
 * from everyone who does not see everything.
 */
export interface EnvironmentStore {
  get<K extends RecordKind>(visibility: Visibility, kind: K, id: string): Promise<Versioned<RecordTypes[K]> | null>;

  list<K extends ListableKind>(visibility: Visibility, kind: K, query: RecordQuery<K>): Promise<Page<RecordTypes[K]>>;

  /** Newest first (`createdAt`, then id, both descending). */
  listEnvironments(visibility: Visibility, filter: EnvironmentFilter, page: PageRequest): Promise<Page<Environment>>;

  /** How many the filter finds in all: a count, never a scan of bodies. */
  countEnvironments(visibility: Visibility, filter: EnvironmentFilter): Promise<number>;

  /**
   * Applies all writes or none, durably before it resolves. A failed precondition is a result, not an error: the
   * caller reads again and decides anew. Fails with `unavailable` (`storage_full` where the disk is). One commit writes
   * a record at most once; deleting what does not exist is fine.
   */
  commit(writes: readonly Write[], preconditions: readonly Precondition[]): Promise<CommitResult>;

  /** Notes up to which version each environment has been announced on the event bus. Not a new version of the record. */
  markAnnounced(announced: readonly { readonly id: string; readonly version: number }[]): Promise<void>;

  /** Environments whose newest version has not been announced, oldest change first. */
  listUnannounced(limit: number): Promise<readonly Versioned<Environment>[]>;

  /** Removes idempotency rows, sessions and links that ended before `now`, at most `limit` of each; returns how many. */
  purgeExpired(now: string, limit: number): Promise<number>;

  /** Resolves when the store answers; otherwise fails with what is wrong in one sentence. */
  check(): Promise<void>;
  close(): Promise<void>;
}
