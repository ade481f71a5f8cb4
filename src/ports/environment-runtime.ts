import type { Duplex } from 'node:stream';
import type { Diagnosis, ConditionReason } from '../core/diagnosis.ts';
import type { HealthStatus, SyncStatus } from '../core/environment.ts';
import type { JsonObject } from '../core/json.ts';
import type { RepositoryFile } from '../core/repository-file.ts';

/** Which environment, as far as a runtime needs to know to find what it owns. */
export interface EnvironmentKey {
  readonly id: string;
  readonly name: string;
}

export interface DesiredComponent {
  readonly repositoryId: string;
  readonly repositoryUrl: string;
  /** Subfolder of the repository; empty for its root. */
  readonly path: string;
  readonly branch: string;
  readonly commit: string;
  /** Exactly one image, `registry/repository@sha256:…`; null where the runtime builds, or the chart needs none. */
  readonly image: string | null;
  /** Merged over all layers. */
  readonly values: JsonObject;
  /** Environment variables from `values.env`. */
  readonly env: Readonly<Record<string, string>>;
  /** Secret environment variables of the config set; they win over `env` and appear in no record and no log. */
  readonly secretEnv: Readonly<Record<string, string>>;
  readonly repositoryFile: RepositoryFile | null;
  readonly credentials: ComponentCredentials;
}

/** What opens the private places that a cluster fetches from by itself; null where none is known. In no record and no log. */
export interface ComponentCredentials {
  /** Of the Git repository, which a chart of its own is read from: `USER:PASSWORD`, a token, or an SSH key. */
  readonly repository: string | null;
  /** Of the registry that `image` is in: `USER:PASSWORD` or a token. */
  readonly image: string | null;
}

export interface DesiredEnvironment {
  readonly key: EnvironmentKey;
  /** Raised whenever something has to be put in place anew. */
  readonly revision: number;
  readonly asleep: boolean;
  /**
   * RFC 3339. From then on nothing is led to it any more; what the runtime runs by itself ends then, even if Blueberry is
   * gone.
   */
  readonly expiresAt: string;
  readonly components: readonly [DesiredComponent];
}

/** How far the runtime is with the wanted revision. */
export type RuntimeProgress =
  | { readonly step: 'waiting'; readonly reason: ConditionReason; readonly message: string; readonly since: string }
  | { readonly step: 'running' }
  | { readonly step: 'asleep' }
  | { readonly step: 'failed'; readonly diagnosis: Diagnosis };

export interface ResourceStatus {
  readonly kind: string;
  readonly name: string;
  readonly health: HealthStatus;
  readonly message: string | null;
}

/** What is known of an environment in the world, and when it was seen. */
export interface RuntimeObservation {
  /** RFC 3339. */
  readonly observedAt: string;
  /** `removing`: on its way out; `absent`: nothing of it is left. */
  readonly presence: 'present' | 'removing' | 'absent';
  /** The revision that `progress` speaks of; null when nothing has been asked for yet. */
  readonly revision: number | null;
  readonly progress: RuntimeProgress | null;
  /** What answers at the URL now, probed and healthy; during an update that is the revision before the wanted one. */
  readonly serving: { readonly revision: number; readonly commit: string } | null;
  readonly sync: SyncStatus;
  readonly health: HealthStatus;
  readonly resources: readonly ResourceStatus[];
  /** While removing: what still blocks it, in one sentence; else null. */
  readonly blockedBy: string | null;
}

export interface RemovalObservation extends RuntimeObservation {
  /** What was seen gone so far. */
  readonly removed: readonly { readonly kind: string; readonly name: string; readonly verifiedGoneAt: string }[];
}

export interface LogQuery {
  /** One of `containers`; left out: all of them. */
  readonly container?: string | undefined;
  /** Only the last so many lines of what is there already. */
  readonly tail?: number | undefined;
  /** RFC 3339: only lines from then on. */
  readonly since?: string | undefined;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface LogLine {
  /** RFC 3339. */
  readonly at: string;
  readonly container: string;
  /** `stdout` too where the world does not tell the two apart. */
  readonly stream: 'stdout' | 'stderr';
  /** Without the line's end; may hold anything that a program prints. */
  readonly text: string;
}

/**
 * Makes environments run. Every call is idempotent, returns soon with what is seen, and goes on in the background;
 * `watch` is only a hint that looking again is worth while. Blueberry decides names and URLs, not the runtime.
 */
export interface EnvironmentRuntime {
  ensure(desired: DesiredEnvironment): Promise<RuntimeObservation>;
  /** @param closely for people who want to know of every part: `resources` is then as complete as it can be had */
  observe(key: EnvironmentKey, closely?: 'closely'): Promise<RuntimeObservation>;
  /** Ends and removes everything of it but its logs. `absent` is only said after each part was seen gone. */
  remove(key: EnvironmentKey): Promise<RemovalObservation>;
  /** Ids of the environments of which anything exists; for finding orphans. Fails rather than leave one out. */
  list(): Promise<readonly EnvironmentKey[]>;
  /** Calls back with an environment's id when something about it may have changed. Returns the stop function. */
  watch(hint: (environmentId: string) => void): () => void;
  /**
   * Ends after the lines that are there, or with `follow` when the signal says so or the environment is gone. The lines
   * of what was removed last can be read for days after its removal.
   */
  logs(key: EnvironmentKey, query: LogQuery): AsyncIterable<LogLine>;
  /**
   * Opens a connection to what serves the environment. Fails with `unavailable` when nothing does.
   * `revision` of the result tells which revision it leads to.
   */
  connect(key: EnvironmentKey): Promise<{ readonly connection: Duplex; readonly revision: number }>;
  check(): Promise<void>;
  close(): Promise<void>;
}
