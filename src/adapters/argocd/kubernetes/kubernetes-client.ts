import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../ports/clock.ts';
import { createApiCalls } from './api-call.ts';
import type { ClusterAccess, ClusterTarget } from './cluster-access.ts';
import { isKubernetesFailure } from './kubernetes-failure.ts';
import type { KubernetesObject, NewObject, ObjectRef } from './objects.ts';
import { collectionPath, describeObject, objectPath, type Resource } from './resources.ts';

export interface CallOptions {
  /** Until the answer is there, all tries together; left out: 15 seconds. */
  readonly timeoutMs?: number | undefined;
  /** Calls it off: the call fails with the signal's reason, and what was sent may have been done. */
  readonly signal?: AbortSignal | undefined;
}

export interface ListQuery {
  /** Left out: of all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
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
  /** Fails with `conflict` when a `test` of the patch is not met, or somebody else was faster. */
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

export const CALL_TIMEOUT_MS = 15_000;
const PAGE_ITEMS = 500;
const LIST_TRIES = 3;

export function createKubernetesClient({
  access,
  clock,
}: {
  readonly access: ClusterAccess;
  readonly clock: Clock;
}): KubernetesClient {
  const api = createApiCalls(access, clock);

  async function* listPages<T extends KubernetesObject>(
    resource: Resource<T>,
    query: ListQuery = {},
    options: CallOptions = {},
  ): AsyncGenerator<ObjectList<T>> {
    const path = collectionPath(resource, query.namespace);
    let next: string | undefined;
    do {
      const page = (await api.call(
        { action: `list ${resource.plural}`, isRead: true },
        { method: 'GET', path: `${path}?${listParameters(query, next).toString()}`, ...timing(options) },
      )) as ListAnswer;
      next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
      yield {
        // Items of the built-in kinds don't say what they are.
        items: (page.items ?? []).map(
          (item) => ({ ...item, apiVersion: resource.apiVersion, kind: resource.kind }) as unknown as T,
        ),
        resourceVersion: page.metadata?.resourceVersion ?? '',
      };
    } while (next !== undefined);
  }

  return {
    server: access.server,

    async get<T extends KubernetesObject>(resource: Resource<T>, ref: ObjectRef, options: CallOptions = {}) {
      return (await api.call(
        { action: `read ${describeObject(resource, ref)}`, isRead: true },
        { method: 'GET', path: objectPath(resource, ref), ...timing(options) },
      )) as T;
    },

    async list<T extends KubernetesObject>(resource: Resource<T>, query?: ListQuery, options?: CallOptions) {
      for (let tries = 1; ; tries += 1) {
        try {
          const items: T[] = [];
          let resourceVersion = '';
          for await (const page of listPages(resource, query, options)) {
            items.push(...page.items);
            ({ resourceVersion } = page);
          }
          return { items, resourceVersion };
        } catch (error) {
          if (!isKubernetesFailure(error, 'expired') || tries === LIST_TRIES) throw error;
        }
      }
    },

    listPages,

    async create<T extends KubernetesObject>(resource: Resource<T>, object: NewObject<T>, options: CallOptions = {}) {
      const { metadata } = object;
      return (await api.call(
        { action: `create ${describeObject(resource, metadata)}`, isRead: false },
        {
          method: 'POST',
          path: collectionPath(resource, metadata.namespace),
          body: JSON.stringify(object),
          ...timing(options),
        },
      )) as T;
    },

    async patchJson<T extends KubernetesObject>(
      resource: Resource<T>,
      ref: ObjectRef,
      patch: JsonPatch,
      options: CallOptions = {},
    ) {
      return (await api.call(
        {
          action: `change ${describeObject(resource, ref)}`,
          isRead: false,
          isConditional: patch.some(({ op }) => op === 'test'),
        },
        {
          method: 'PATCH',
          path: objectPath(resource, ref),
          contentType: 'application/json-patch+json',
          body: JSON.stringify(patch),
          ...timing(options),
        },
      )) as T;
    },

    async delete(resource, ref, { uid, resourceVersion, propagationPolicy, gracePeriodSeconds, ...options }) {
      await api.call(
        { action: `delete ${describeObject(resource, ref)}`, isRead: false },
        {
          method: 'DELETE',
          path: objectPath(resource, ref),
          body: JSON.stringify({
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            preconditions: { uid, resourceVersion },
            propagationPolicy,
            gracePeriodSeconds,
          }),
          ...timing(options),
        },
      );
    },

    async serverVersion(options = {}) {
      const { gitVersion } = (await api.call(
        { action: `reach the API server ${access.server.origin}`, isRead: true },
        { method: 'GET', path: '/version', ...timing(options) },
      )) as { readonly gitVersion: string };
      return gitVersion;
    },

    async canI(question, options = {}) {
      const review = (await api.call(
        { action: 'ask for the rights of the account that is used', isRead: true },
        {
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
          body: JSON.stringify({
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            spec: { resourceAttributes: question },
          }),
          ...timing(options),
        },
      )) as { readonly status?: { readonly allowed?: boolean; readonly reason?: string } };
      return { allowed: review.status?.allowed === true, reason: review.status?.reason ?? '' };
    },

    stream: ({ action, ...request }) => api.open({ action, isRead: true }, { method: 'GET', ...request }),
    target: () => access.target(),
    close: () => api.close(),
  };
}

interface ListAnswer {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly object[] | null;
}

function timing({ timeoutMs, signal }: CallOptions): { timeoutMs: number; signal: AbortSignal | undefined } {
  return { timeoutMs: timeoutMs ?? CALL_TIMEOUT_MS, signal };
}

function listParameters({ labelSelector, fieldSelector }: ListQuery, next: string | undefined): URLSearchParams {
  return new URLSearchParams({
    ...selectors({ labelSelector, fieldSelector }),
    limit: String(PAGE_ITEMS),
    ...(next === undefined ? {} : { continue: next }),
  });
}

export function selectors({ labelSelector, fieldSelector }: ListQuery): Record<string, string> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
