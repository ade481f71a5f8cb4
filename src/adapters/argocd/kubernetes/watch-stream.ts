import { failureOfStatus, type ApiStatus, type CallPurpose } from './failure-of.ts';
import { selectors, type ListQuery } from './list-query.ts';
import { KubernetesFailure } from './kubernetes-failure.ts';
import type { KubernetesObject } from './objects.ts';
import { collectionPath, type Resource } from './resources.ts';
import { openLines, type StreamClient, type StreamedLine } from './stream-lines.ts';

export interface WatchQuery extends ListQuery {
  /** What is known already. */
  readonly resourceVersion: string;
  /** After which the API server ends the watch by itself. */
  readonly timeoutSeconds: number;
  /** Silence after which the connection is taken for dead. */
  readonly idleLimitMs: number;
  readonly signal: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** Everything up to this version has been told. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** Several times what the API server takes as one object. */
const LINE_MAX_LENGTH = 32 * 1024 * 1024;

/**
 * Resolves once the API server tells the changes since a version, which it does until it ends the watch by itself.
 * Fails, or ends with a failure: `expired` when that version is not kept any more, `timeout` when the connection has
 * gone silent, `unavailable` when it breaks.
 */
export async function openWatch<T extends KubernetesObject>(
  client: StreamClient,
  resource: Resource<T>,
  query: WatchQuery,
): Promise<AsyncIterable<WatchEvent<T>>> {
  const purpose = { action: `watch ${resource.plural}`, isRead: true };
  const parameters = new URLSearchParams({
    ...selectors(query),
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: query.resourceVersion,
    timeoutSeconds: String(query.timeoutSeconds),
  });
  const lines = await openLines(client, purpose, {
    path: `${collectionPath(resource, query.namespace)}?${parameters.toString()}`,
    idleLimitMs: query.idleLimitMs,
    lineMaxLength: LINE_MAX_LENGTH,
    signal: query.signal,
  });
  return readEvents(lines, purpose, resource);
}

async function* readEvents<T extends KubernetesObject>(
  lines: AsyncIterable<StreamedLine>,
  purpose: CallPurpose,
  resource: Resource<T>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const { text, isCut } of lines) {
    if (isCut) throw new KubernetesFailure('unexpected', `Could not ${purpose.action}: an event is too large.`);
    const { type, object } = parseLine(purpose, text);
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        // Objects of the built-in kinds don't always say what they are.
        yield { type, object: { ...object, apiVersion: resource.apiVersion, kind: resource.kind } as unknown as T };
        break;
      case 'BOOKMARK':
        yield { type, resourceVersion: (object as unknown as KubernetesObject).metadata.resourceVersion };
        break;
      case 'ERROR':
        throw failureOfStatus(purpose, object as ApiStatus);
      default:
        throw new KubernetesFailure(
          'unexpected',
          `Could not ${purpose.action}: an event ${JSON.stringify(type)} came.`,
        );
    }
  }
}

function parseLine({ action }: CallPurpose, line: string): { readonly type: string; readonly object: object } {
  try {
    const parsed = JSON.parse(line) as { readonly type?: unknown; readonly object?: unknown } | null;
    if (typeof parsed?.type === 'string' && typeof parsed.object === 'object' && parsed.object !== null) {
      return { type: parsed.type, object: parsed.object };
    }
  } catch {
    // Cut off, or not of an API server.
  }
  throw new KubernetesFailure('unexpected', `Could not ${action}: a line came that is no event.`);
}
