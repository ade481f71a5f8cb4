import type { Clock } from '../../../ports/clock.ts';
import { createApiCalls } from './api-call.ts';
import type { ClusterAccess } from './cluster-access.ts';
import type { CallPurpose } from './failure-of.ts';
import type { CallOptions, JsonPatch, KubernetesClient, ObjectList } from './kubernetes-client.ts';
import { isKubernetesFailure } from './kubernetes-failure.ts';
import { selectors, type ListQuery } from './list-query.ts';
import type { KubernetesObject, NewObject, ObjectRef } from './objects.ts';
import { collectionPath, describeObject, objectPath, secrets, type Resource } from './resources.ts';

const CALL_TIMEOUT_MS = 15_000;
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
        { ...purposeOf('read', resource, ref), isRead: true },
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
      return (await api.call(purposeOf('create', resource, metadata), {
        method: 'POST',
        path: collectionPath(resource, metadata.namespace),
        body: JSON.stringify(object),
        ...timing(options),
      })) as T;
    },

    async patchJson<T extends KubernetesObject>(
      resource: Resource<T>,
      ref: ObjectRef,
      patch: JsonPatch,
      options: CallOptions = {},
    ) {
      return (await api.call(
        { ...purposeOf('change', resource, ref), isConditional: patch.some(({ op }) => op === 'test') },
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
      await api.call(purposeOf('delete', resource, ref), {
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
      });
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

function purposeOf(action: string, resource: Resource<KubernetesObject>, ref: ObjectRef): CallPurpose {
  const isSecret = resource.kind === secrets.kind;
  return { action: `${action} ${describeObject(resource, ref)}`, isRead: false, isSecret };
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
