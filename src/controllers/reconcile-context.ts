import type { Environment } from '../core/environment.ts';
import { setCondition, type ConditionType } from '../core/condition.ts';
import type { ConditionReason } from '../core/diagnosis.ts';
import type { Cipher } from '../ports/cipher.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentRuntime, RuntimeObservation } from '../ports/environment-runtime.ts';
import type { EnvironmentStore, Precondition, Versioned, Write } from '../ports/environment-store.ts';
import type { CommitInfo, GitRepositories } from '../ports/git-repositories.ts';
import type { ImageResolver } from '../ports/image-resolver.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import type { Log } from '../ports/log.ts';
import type { RepositoryFileReader } from '../ports/repository-file-reader.ts';
import type { Announcer } from '../services/announcer.ts';
import type { Plan } from '../services/unit-of-work.ts';
import type { BackgroundTasks } from './background-tasks.ts';
import type { Deployment } from './deployment.ts';
import type { ImageLookups } from './image-lookups.ts';

export interface ReconcileSettings {
  /** Longest time that one step of a deployment may take. */
  readonly deployDeadlineMs: number;
  /** Time without a visit after which an environment is put to sleep; 0: never. */
  readonly idleSleepMs: number;
  /** How often a repository is asked for news, by where it is. */
  readonly pollLocalMs: number;
  readonly pollRemoteMs: number;
}

export interface ReconcileParts {
  readonly store: EnvironmentStore;
  readonly runtime: EnvironmentRuntime;
  readonly git: GitRepositories;
  /** Null where the runtime builds from source: then no image is looked for, and no constants for charts are merged. */
  readonly images: ImageResolver | null;
  readonly cipher: Cipher;
  readonly repositoryFiles: RepositoryFileReader;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly log: Log;
  readonly settings: ReconcileSettings;
}

/** What one leader shares among its reconciles. */
export interface ReconcileContext extends ReconcileParts {
  readonly fence: Precondition;
  readonly fetches: BackgroundTasks<CommitInfo>;
  /** Null where `images` is. */
  readonly imageLookups: ImageLookups | null;
  /** `ENVIRONMENT_ID:REVISION` of those whose commit had to be fetched again, which is done once. */
  readonly refetched: Set<string>;
  /** Milliseconds since the epoch: when this leader began to look. */
  readonly startedAt: number;
  /** When each environment was last seen in the world, as its observation says. */
  readonly lastSeen: Map<string, number>;
  /** The newest revision of each environment, read once. In memory only: it holds opened secrets. */
  readonly deployments: Map<
    string,
    { readonly revision: number; readonly commit: string; readonly deployment: Deployment }
  >;
}

/** An environment on its way through the steps. Nothing of it is written before the last one. */
export interface Draft {
  readonly read: Versioned<Environment>;
  readonly environment: Environment;
  /** Writes beside the record itself, in the same commit. */
  readonly writes: readonly Write[];
  /** Look again after this many milliseconds at the latest. */
  readonly againInMs: number | null;
  /** What the deploy step saw, for the steps behind it. */
  readonly observation: RuntimeObservation | null;
}

/**
 * What a step found: go on to the next one, stop here with what is known so far, or commit a change of intent instead
 * (the change itself then brings the key back).
 */
export type StepOutcome =
  | { readonly go: 'on'; readonly draft: Draft }
  | { readonly go: 'stop'; readonly draft: Draft }
  | { readonly go: 'commit'; readonly plan: Plan<Versioned<Environment>> };

export interface ReconcileStep {
  readonly name: string;
  run(context: ReconcileContext, draft: Draft): Promise<StepOutcome>;
}

export function withCondition(
  draft: Draft,
  now: string,
  type: ConditionType,
  status: 'True' | 'False' | 'Unknown',
  reason: ConditionReason,
  message: string,
): Draft {
  const { environment } = draft;
  const conditions = setCondition(
    environment.status.conditions,
    { type, status, reason, message, observedRevision: environment.spec.revision },
    now,
  );
  return { ...draft, environment: { ...environment, status: { ...environment.status, conditions } } };
}

export function withStatus(draft: Draft, change: Partial<Environment['status']>): Draft {
  return { ...draft, environment: { ...draft.environment, status: { ...draft.environment.status, ...change } } };
}

/** The earlier of what is planned and `afterMs`. */
export function lookAgain(draft: Draft, afterMs: number): Draft {
  return { ...draft, againInMs: Math.min(draft.againInMs ?? Number.POSITIVE_INFINITY, Math.max(1, afterMs)) };
}
