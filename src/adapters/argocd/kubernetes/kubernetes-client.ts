import type { IncomingMessage } from 'node:http';
import type { ClusterTarget } from './cluster-access.ts';
import type { ListQuery } from './list-query.ts';
import type { KubernetesObject, NewObject, ObjectRef } from './objects.ts';
import type { Resource } from './resources.ts';

export interface CallOptions {
  /** Until the answer is there, all tries together; left out: 15 seconds. */
  readonly timeoutMs?: number | undefined;
  /** Calls it off: the call fails with the signal's reason, and what was sent may have been done. */
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  /** The state that the list shows; a watch can go on from it. */
  readonly resourceVersion: string;
}

/** RFC 6902. */
export type JsonPatch = readonly (
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
)[];

export interface DeleteOptions extends CallOptions {
  /** Demanded of the object; else `conflict`. */
  readonly uid: string;
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

export interface AccessQuestion {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface StreamRequest {
  /** What it is for, as in "could not …". */
  readonly action: string;
  readonly path: string;
  /** Until the stream begins. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The Kubernetes API in the words that Blueberry needs. Each call fails with a `KubernetesFailure`, and ends in time.
 * What only reads is asked again when the API server is out of reach or busy. What writes is sent once: after
 * `unknown_outcome` the caller looks again.
 */
export interface KubernetesClient {
  /** Address of the API server. */
  readonly server: URL;
  get<T extends KubernetesObject>(resource: Resource<T>, ref: ObjectRef, options?: CallOptions): Promise<T>;
  /** All objects as they were at one moment. */
  list<T extends KubernetesObject>(
    resource: Resource<T>,
    query?: ListQuery,
    options?: CallOptions,
  ): Promise<ObjectList<T>>;
  /** The same page by page; fails with `expired` when it takes too long from page to page. */
  listPages<T extends KubernetesObject>(
    resource: Resource<T>,
    query?: ListQuery,
    options?: CallOptions,
  ): AsyncIterable<ObjectList<T>>;
  create<T extends KubernetesObject>(resource: Resource<T>, object: NewObject<T>, options?: CallOptions): Promise<T>;
  /**
   * Fails with `conflict` when a `test` of the patch is not met, or somebody else was faster. A patch with a `test` of
   * which another path does not exist looks the same to the API server: replace what is known to be there.
   */
  patchJson<T extends KubernetesObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    patch: JsonPatch,
    options?: CallOptions,
  ): Promise<T>;
  /** Resolves when it is accepted: an object with finalizers is still there then. */
  delete(resource: Resource<KubernetesObject>, ref: ObjectRef, options: DeleteOptions): Promise<void>;
  /** `v1.37.2` */
  serverVersion(options?: CallOptions): Promise<string>;
  /** Whether the account that is used may do something. */
  canI(
    question: AccessQuestion,
    options?: CallOptions,
  ): Promise<{ readonly allowed: boolean; readonly reason: string }>;
  /** An answer without end: a watch, a log. Whoever opens it ends it, by `destroy()`. */
  stream(request: StreamRequest): Promise<IncomingMessage>;
  /** For protocols of their own: where the API server is, and what makes us known there. */
  target(): Promise<ClusterTarget>;
  close(): void;
}
