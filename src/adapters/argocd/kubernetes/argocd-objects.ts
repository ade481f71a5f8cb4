import type { KubernetesObject } from './objects.ts';

export interface Application extends KubernetesObject {
  readonly spec: ApplicationSpec;
  /** A sync that has been asked for and not been begun. */
  readonly operation?: ApplicationOperation;
  readonly status?: ApplicationStatus;
}

export interface ApplicationSpec {
  readonly project: string;
  readonly source?: ApplicationSource;
  readonly sources?: readonly ApplicationSource[];
  readonly destination: ApplicationDestination;
  readonly syncPolicy?: {
    readonly automated?: {
      readonly enabled?: boolean;
      readonly prune?: boolean;
      readonly selfHeal?: boolean;
      readonly allowEmpty?: boolean;
    };
    readonly syncOptions?: readonly string[];
    readonly retry?: {
      readonly limit?: number;
      readonly refresh?: boolean;
      readonly backoff?: { readonly duration?: string; readonly factor?: number; readonly maxDuration?: string };
    };
  };
  readonly revisionHistoryLimit?: number;
}

export interface ApplicationSource {
  readonly repoURL: string;
  readonly path?: string;
  readonly chart?: string;
  readonly targetRevision?: string;
  readonly ref?: string;
  readonly helm?: {
    readonly releaseName?: string;
    /** YAML, which JSON is too: unlike `valuesObject` it keeps null. */
    readonly values?: string;
    readonly valueFiles?: readonly string[];
    readonly parameters?: readonly { readonly name: string; readonly value: string; readonly forceString?: boolean }[];
    readonly skipCrds?: boolean;
  };
}

export interface ApplicationDestination {
  readonly server?: string;
  readonly name?: string;
  readonly namespace?: string;
}

export interface ApplicationOperation {
  readonly initiatedBy?: { readonly username?: string; readonly automated?: boolean };
  readonly sync?: {
    readonly revision?: string;
    readonly source?: ApplicationSource;
    readonly sources?: readonly ApplicationSource[];
    readonly prune?: boolean;
    readonly syncOptions?: readonly string[];
  };
  readonly retry?: { readonly limit?: number; readonly refresh?: boolean };
}

export type ApplicationHealth = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';

export interface ApplicationStatus {
  readonly sync?: {
    readonly status: 'Synced' | 'OutOfSync' | 'Unknown';
    readonly revision?: string;
    readonly revisions?: readonly string[];
    readonly comparedTo?: {
      readonly source?: ApplicationSource;
      readonly sources?: readonly ApplicationSource[];
      readonly destination: ApplicationDestination;
    };
  };
  readonly health?: {
    readonly status?: ApplicationHealth;
    readonly message?: string;
    readonly lastTransitionTime?: string;
  };
  readonly conditions?: readonly {
    readonly type: string;
    readonly message: string;
    readonly lastTransitionTime?: string;
  }[];
  readonly reconciledAt?: string;
  readonly operationState?: OperationState;
  readonly resources?: readonly ResourceStatus[];
  readonly summary?: { readonly images?: readonly string[]; readonly externalURLs?: readonly string[] };
}

export interface OperationState {
  readonly operation?: ApplicationOperation;
  readonly phase: 'Running' | 'Terminating' | 'Failed' | 'Error' | 'Succeeded';
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly retryCount?: number;
  readonly syncResult?: {
    readonly revision?: string;
    readonly source?: ApplicationSource;
    readonly sources?: readonly ApplicationSource[];
    readonly resources?: readonly ResourceResult[];
  };
}

export interface ResourceResult {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly status?: string;
  readonly message?: string;
  readonly hookType?: string;
  readonly hookPhase?: string;
  readonly syncPhase?: string;
}

export interface ResourceStatus {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly status?: string;
  /** Left out unless Argo CD runs with `--persist-resource-health`. */
  readonly health?: { readonly status?: ApplicationHealth; readonly message?: string };
  readonly hook?: boolean;
  readonly requiresPruning?: boolean;
}

export interface AppProject extends KubernetesObject {
  readonly spec: {
    readonly description?: string;
    readonly sourceRepos?: readonly string[];
    readonly destinations?: readonly ApplicationDestination[];
    readonly clusterResourceWhitelist?: readonly GroupKind[];
    readonly clusterResourceBlacklist?: readonly GroupKind[];
    readonly namespaceResourceWhitelist?: readonly GroupKind[];
    readonly namespaceResourceBlacklist?: readonly GroupKind[];
  };
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}
