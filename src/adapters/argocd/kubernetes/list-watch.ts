import type { Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import { backoffMs } from './backoff.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { isKubernetesFailure, KubernetesFailure } from './kubernetes-failure.ts';
import type { ListQuery } from './list-query.ts';
import { createObjectStore, type ObjectChange, type ObjectStore } from './object-store.ts';
import type { KubernetesObject, ObjectMeta } from './objects.ts';
import { isOlderVersion } from './resource-version.ts';
import type { Resource } from './resources.ts';
import type { StreamClient } from './stream-lines.ts';
import { openWatch, type WatchEvent } from './watch-stream.ts';

export interface InformerOptions<T extends KubernetesObject> extends ListQuery {
  readonly client: StreamClient & Pick<KubernetesClient, 'listPages'>;
  readonly resource: Resource<T>;
  /** What is kept of each object besides its identity; left out: all but who manages which field. */
  readonly transform?: (object: T) => T;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing?: Partial<InformerTiming>;
}

export interface InformerTiming {
  /** After which the API server ends a watch, which confirms the view even if nothing has happened. */
  readonly watchSeconds: number;
  /** Silence beyond that, after which the connection is taken for dead. */
  readonly graceMs: number;
  /** When a watch ends and nothing has confirmed the view for so long, it is listed anew rather than gone on with. */
  readonly relistAfterMs: number;
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
}

/** So that a view of which nothing was heard for 60 seconds has had several chances before. */
const TIMING: InformerTiming = {
  watchSeconds: 25,
  graceMs: 5_000,
  relistAfterMs: 30_000,
  firstBackoffMs: 250,
  longestBackoffMs: 8_000,
};

/** So much earlier than that a watch may be ended: the API server counts from when it was asked. */
const END_TOLERANCE_MS = 1_000;

/** A view of all objects of a kind, kept current by the API server: one list, and then what changes. */
export interface Informer<T extends KubernetesObject> extends ObjectStore<T> {
  /**
   * Milliseconds since the epoch: what the view shows is at least as new as the API server's state at that time. Null
   * before the first list.
   */
  readonly syncedAt: number | null;
  /** For how long that has not been confirmed, by the monotonic clock; Infinity before the first list. */
  readonly ageMs: number;
  /** Why the view is not being kept current right now; null while it is. */
  readonly failure: KubernetesFailure | null;
  /** Calls back after an object in the view has changed: a hint to look. It must not throw. Returns the stop function. */
  onChange(listener: (change: ObjectChange<T>) => void): () => void;
  /** Resolves once the view holds the first list; fails only when the signal aborts. */
  synced(signal?: AbortSignal): Promise<void>;
  /** Keeps the view current until the signal aborts, then resolves. Once for each informer. */
  run(signal: AbortSignal): Promise<void>;
}

export function createInformer<T extends KubernetesObject>(options: InformerOptions<T>): Informer<T> {
  const { client, resource, clock, log, transform = withoutManagedFields } = options;
  const { namespace, labelSelector, fieldSelector } = options;
  const query: ListQuery = { namespace, labelSelector, fieldSelector };
  const timing = { ...TIMING, ...options.timing };
  const listeners = new Set<(change: ObjectChange<T>) => void>();
  const store = createObjectStore<T>((change) => {
    for (const listener of listeners) listener(change);
  });
  const firstList = Promise.withResolvers<void>();
  let synced: { readonly at: number; readonly monotonic: number } | null = null;
  let failure: KubernetesFailure | null = null;
  /** What the log holds of a failure that goes on: said once. */
  let warnedOf: string | null = null;
  /** Up to where the view is told; null when it has to be listed. */
  let version: string | null = null;
  /** By the monotonic clock; null while no watch is open. */
  let watchingSince: number | null = null;

  function moment(): { readonly at: number; readonly monotonic: number } {
    return { at: clock.now(), monotonic: performance.now() };
  }

  /** What is known shows the API server's state at that moment or a later one. */
  function confirm(seenAt = moment()): void {
    synced = seenAt;
    failure = null;
    if (warnedOf !== null) log.info({ kind: resource.kind }, 'What is known of the cluster is current again.');
    warnedOf = null;
  }

  function ageMs(): number {
    return synced === null ? Infinity : performance.now() - synced.monotonic;
  }

  async function list(signal: AbortSignal): Promise<string> {
    const askedAt = moment();
    const objects: T[] = [];
    let listed = '';
    for await (const page of client.listPages(resource, query, { signal })) {
      for (const object of page.items) objects.push(transform(object));
      listed = page.resourceVersion;
    }
    store.replace(objects);
    confirm(askedAt);
    firstList.resolve();
    return listed;
  }

  function take(event: WatchEvent<T>, known: string): string {
    const { resourceVersion } = event.type === 'BOOKMARK' ? event : event.object.metadata;
    // The API server's data was put back to an older state: what the view has seen since is not there.
    if (isOlderVersion(resourceVersion, known)) {
      throw new KubernetesFailure('expired', `The API server is behind ${known}, at ${resourceVersion}.`);
    }
    if (event.type === 'DELETED') store.remove(event.object);
    else if (event.type !== 'BOOKMARK') store.put(transform(event.object));
    confirm();
    return resourceVersion;
  }

  /** Lists where that is needed, and follows one watch to its end. */
  async function follow(signal: AbortSignal): Promise<void> {
    if (version === null || ageMs() > timing.relistAfterMs) version = await list(signal);
    const timeoutSeconds = Math.ceil(timing.watchSeconds * (0.8 + Math.random() * 0.4));
    const idleLimitMs = timeoutSeconds * 1000 + timing.graceMs;
    const watch = { ...query, resourceVersion: version, timeoutSeconds, idleLimitMs, signal };
    const changes = await openWatch(client, resource, watch);
    const begunAt = performance.now();
    watchingSince = begunAt;
    failure = null;
    for await (const event of changes) version = take(event, version);
    // Where nothing has happened no bookmark comes either. But a watch that the API server ends when its time is over
    // has told everything until then.
    if (performance.now() - begunAt > timeoutSeconds * 1000 - END_TOLERANCE_MS) confirm();
  }

  async function run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let waitedMs = 0;
    while (!signal.aborted) {
      watchingSince = null;
      const error = await follow(signal).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (signal.aborted) return;
      if (isKubernetesFailure(error, 'expired')) version = null;
      // A watch that held for longer than it was waited for is no failure in a row: a connection that is cut every
      // second is made again at once, a server that ends it at once is left alone for longer and longer.
      const lastedMs = watchingSince === null ? 0 : performance.now() - watchingSince;
      const held = lastedMs >= Math.max(waitedMs, timing.firstBackoffMs);
      failures = held ? 1 : failures + 1;
      waitedMs = error === null && held ? 0 : delayMs(error, failures);
      if (error !== null) note(error, waitedMs);
      await clock.sleep(waitedMs, signal);
    }
  }

  function delayMs(error: unknown, failures: number): number {
    const { firstBackoffMs, longestBackoffMs } = timing;
    const backoff = backoffMs({ firstMs: firstBackoffMs, longestMs: longestBackoffMs }, failures);
    const asked = error instanceof KubernetesFailure ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(backoff, Math.min(asked, longestBackoffMs));
  }

  function note(error: unknown, waitMs: number): void {
    if (!(error instanceof KubernetesFailure)) throw error;
    failure = error;
    const fields = { kind: resource.kind, failure: error.kind, waitMs: Math.round(waitMs), syncedAt: synced?.at };
    // A watch that breaks is an everyday event; a view that can't be confirmed is not.
    if (ageMs() <= timing.relistAfterMs || error.message === warnedOf) {
      log.debug(fields, error.message);
      return;
    }
    log.warn(fields, error.message);
    warnedOf = error.message;
  }

  return {
    get: (ref) => store.get(ref),
    values: () => store.values(),
    get size() {
      return store.size;
    },
    get syncedAt() {
      return synced?.at ?? null;
    },
    get ageMs() {
      return ageMs();
    },
    get failure() {
      return failure;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    synced: (signal) => orAborted(firstList.promise, signal),
    run,
  };
}

/** They are most of many an object, and tell nothing that is used here. */
function withoutManagedFields<T extends KubernetesObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as ObjectMeta & { readonly managedFields?: unknown };
  return { ...object, metadata };
}

function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
