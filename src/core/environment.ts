import type { Condition } from './condition.ts';
import type { JsonObject } from './json.ts';

/** The status words of the wire contract. */
export const PHASES = ['pending', 'ready', 'failed', 'deleting', 'terminated'] as const;
export type Phase = (typeof PHASES)[number];

/** Argo CD's words, used by every runtime. */
export type SyncStatus = 'Synced' | 'OutOfSync' | 'Unknown';
export type HealthStatus = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';

/** Who a record belongs to: the id decides, the e-mail address is what people read. */
export interface Owner {
  readonly id: string;
  readonly email: string;
}

/** Who or what asked for an environment. */
export interface EnvironmentSource {
  readonly kind: 'manual' | 'api' | 'pull_request';
  /** True where the code comes from a fork, whose authors the repository's owners have not vouched for. */
  readonly fork: boolean;
}

/** What is deployed from one repository. Everything that is per repository lives here. */
export interface Component {
  readonly repositoryId: string;
  /** Kept beside the id, so that a record can be read after its repository is gone. Never holds a credential. */
  readonly repositoryUrl: string;
  readonly path: string;
  readonly branch: string;
  /** The wanted commit; null asks for the branch's newest, until that has been resolved. */
  readonly commit: string | null;
  /** Head of the branch when it was last looked at. Following the branch means deploying what differs from it. */
  readonly branchHead: string | null;
  /** Template of the image that CI pushes for each commit, as the repository had it when it was last looked at. */
  readonly image: string | null;
  /**
   * The one image of this revision, `registry/repository@sha256:…`; null until it has been looked up, and where there is
   * none to look up. A tag that moves afterwards changes nothing.
   */
  readonly pinnedImage: string | null;
  readonly pullRequest: number | null;
}

export interface EnvironmentMetadata {
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  /** Ids of users outside of those who see everything, to whom a grant shows this record. */
  readonly audience: readonly string[];
  /** Counts the changes of `spec`. */
  readonly generation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Set once deletion is asked for or the time to live is over; never taken back. */
  readonly deletionTimestamp: string | null;
  readonly source: EnvironmentSource;
  /** Ids of the quota slots that it takes while it lives. */
  readonly quotaSlots: readonly string[];
}

/** Desired state. */
export interface EnvironmentSpec {
  /** Exactly one today. */
  readonly components: readonly [Component];
  readonly ttlHours: number;
  /** RFC 3339; the last renewal plus `ttlHours`. Never early. */
  readonly expiresAt: string;
  readonly asleep: boolean;
  readonly autoUpdate: boolean;
  readonly configSet: { readonly id: string; readonly revision: number } | null;
  readonly helmValuesOverride: JsonObject | null;
  /** Counts what has to be put in place anew: another commit, other values, a redeploy that was asked for. */
  readonly revision: number;
  /** When `revision` was last raised: the deploy deadline counts from here. */
  readonly revisedAt: string;
}

/** Observed state. `phase` and `message` follow from the rest by `deriveStatus` and are stored to be searched. */
export interface EnvironmentStatus {
  readonly phase: Phase;
  readonly message: string;
  readonly conditions: readonly Condition[];
  readonly observedGeneration: number;
  readonly urls: readonly string[];
  readonly sync: SyncStatus;
  readonly health: HealthStatus;
  /** What answers at the URL now, which during an update is the revision before the wanted one. */
  readonly serving: { readonly revision: number; readonly commit: string } | null;
  /** False where the chart that was last deployed does not say how to put it to sleep. */
  readonly canSleep: boolean;
  /** Set when everything has been seen gone. The record is then an archive. */
  readonly archivedAt: string | null;
}

/** Records are never changed in place: a store may hand the same object to many readers. */
export interface Environment {
  readonly metadata: EnvironmentMetadata;
  readonly spec: EnvironmentSpec;
  readonly status: EnvironmentStatus;
}

export function componentOf(environment: Environment): Component {
  return environment.spec.components[0];
}
