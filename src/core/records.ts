import type { Environment, Owner } from './environment.ts';
import type { JsonObject } from './json.ts';
import type { Role, Scope } from './permissions.ts';
import type { MergedValues } from './values.ts';

/** Every kind of record that a store keeps. Times are RFC 3339 UTC. Records are never changed in place. */
export interface RecordTypes {
  environment: Environment;
  /** The name of a living environment; its id is the name. Its absence is what a newcomer needs. */
  name_reservation: NameReservation;
  /** The e-mail address of a user; its id is the address. Makes it unique. */
  email_reservation: EmailReservation;
  /** One unit of a quota; its id is `SUBJECT:NUMBER`. */
  quota_slot: QuotaSlot;
  effective_values: EffectiveValues;
  timeline_event: TimelineEvent;
  receipt: Receipt;
  visit: Visit;
  idempotency_row: IdempotencyRow;
  repository: Repository;
  config_set: ConfigSet;
  config_set_revision: ConfigSetRevision;
  api_token: ApiToken;
  token_secret: TokenSecret;
  token_use: TokenUse;
  user: User;
  password: Password;
  session: Session;
  sign_in_link: SignInLink;
  leader_epoch: LeaderEpoch;
}
export type RecordKind = keyof RecordTypes;

export interface NameReservation {
  readonly environmentId: string;
}

export interface EmailReservation {
  readonly userId: string;
}

export interface QuotaSlot {
  /** `owner:USER_ID`, or `all`. */
  readonly subject: string;
  readonly environmentId: string;
}

/**
 * The values of one deployment revision, with the origin of every leaf, merged over all layers below Blueberry's own
 * constants, and the file they came from. Id: `ENVIRONMENT_ID:REVISION`.
 */
export interface EffectiveValues extends MergedValues {
  /** Win over all others, and change when it falls asleep or wakes; null where the runtime takes none. */
  readonly constants: JsonObject | null;
  /** Text of `blueberry.yaml` at the commit; null: there is none. Left out in records of before it was kept. */
  readonly repositoryFileText?: string | null;
  readonly environmentId: string;
  readonly revision: number;
  readonly commit: string;
  readonly createdAt: string;
}

/** One line of an environment's history. Ids sort by time. */
export interface TimelineEvent {
  readonly environmentId: string;
  readonly at: string;
  readonly type: 'intent' | 'progress' | 'warning' | 'end';
  readonly reason: string;
  readonly message: string;
  /** E-mail address of who asked for it; `blueberry` where nobody did. */
  readonly actor: string;
  readonly generation: number;
}

/** What was removed with an environment, each verified gone. Id: the environment's. */
export interface Receipt {
  readonly environmentId: string;
  readonly requestedAt: string;
  readonly completedAt: string;
  readonly removed: readonly { readonly kind: string; readonly name: string; readonly verifiedGoneAt: string }[];
}

/** When an environment's URL was last visited, to about a minute. Id: the environment's. */
export interface Visit {
  readonly at: string;
}

/** The outcome of one (actor, route, key), replayed to whoever repeats it. */
export interface IdempotencyRow {
  /** SHA-256 of the canonical request. */
  readonly requestHash: string;
  readonly status: number;
  /** The reply's body, sealed by the cipher: it may show a secret that is shown once. */
  readonly sealedBody: string;
  readonly location: string | null;
  readonly expiresAt: string;
}

export interface Repository {
  readonly name: string;
  readonly url: string;
  readonly defaultBranch: string;
  readonly path: string;
  /** Template of the image that CI pushes for each commit; see `image-reference.ts`. */
  readonly image: string | null;
  /** For Git. Sealed by the cipher with the record's id as associated data. */
  readonly sealedCredential: string | null;
  /** For the registry of `image`; sealed likewise. */
  readonly sealedImageCredential: string | null;
  readonly values: JsonObject | null;
  readonly audience: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly createdBy: Owner;
  /** It is being disconnected: nothing new may be made of it. */
  readonly closing?: true;
}

export interface ConfigSet {
  readonly name: string;
  readonly description: string;
  /** Repositories whose environments may use it; empty: none. Any branch's code can print what it is given. */
  readonly repositoryIds: readonly string[];
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly createdBy: Owner;
  /** It is being deleted: nobody may begin to use it. */
  readonly closing?: true;
}

/** Id: `CONFIG_SET_ID:REVISION`. Never changed once written. */
export interface ConfigSetRevision {
  readonly configSetId: string;
  readonly revision: number;
  readonly values: JsonObject;
  /** Name of the environment variable to its value, sealed by the cipher. */
  readonly sealedSecrets: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly createdBy: Owner;
}

/** Id: random. The secret itself is not kept: `TokenSecret` leads from its hash to here. */
export interface ApiToken {
  readonly name: string;
  readonly owner: Owner;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Finds a token by its secret. Id: SHA-256 of the secret, hexadecimal. Outlives the token, so no secret comes back. */
export interface TokenSecret {
  readonly tokenId: string;
}

/** When an API token was last used, to about a minute. Id: the token's. Apart from it, so that use does not change it. */
export interface TokenUse {
  readonly at: string;
}

export interface User {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  /** Who vouches for this user: `local`, or an issuer; together with `subject` it is the identity. */
  readonly issuer: string;
  readonly subject: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Id: the user's. An argon2id hash in PHC form. */
export interface Password {
  readonly hash: string;
  readonly updatedAt: string;
}

/** Id: SHA-256 of the cookie's secret, hexadecimal. */
export interface Session {
  readonly userId: string;
  /** How its user was recognised; a password also once that session has set one. */
  readonly provenBy: 'password' | 'link';
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** An invitation, or the first sign-in. Id: SHA-256 of the link's secret. Used once. */
export interface SignInLink {
  readonly userId: string;
  readonly expiresAt: string;
}

/** Written once at each takeover; its version is the epoch that every commit of the controller names. */
export interface LeaderEpoch {
  readonly holder: string;
  readonly takenAt: string;
}
