import type { KubernetesObject } from '../kubernetes/objects.ts';
import { isOlderVersion } from '../kubernetes/resource-version.ts';
import type { Informer } from '../kubernetes/list-watch.ts';

/** After this long a view that is being kept current has seen what was written. */
const SEEN_AFTER_MS = 5_000;

/** What an informer shows, and over it what this process has just written and the informer has not seen yet. */
export interface WrittenObjects<T extends KubernetesObject> {
  get(name: string): T | null;
  note(object: T): void;
}

export function createWrittenObjects<T extends KubernetesObject>(
  informer: Informer<T>,
  namespace: string | undefined,
): WrittenObjects<T> {
  const written = new Map<string, { readonly object: T; readonly at: number }>();
  informer.onChange(({ type, object }) => {
    const ours = written.get(object.metadata.name);
    if (ours === undefined) return;
    const isOlder = isOlderVersion(object.metadata.resourceVersion, ours.object.metadata.resourceVersion);
    if (type === 'deleted' || !isOlder) written.delete(object.metadata.name);
  });

  return {
    get(name) {
      const seen = informer.get({ name, namespace }) ?? null;
      const ours = written.get(name);
      if (ours === undefined) return seen;
      const isPast = performance.now() - ours.at > SEEN_AFTER_MS && informer.ageMs < SEEN_AFTER_MS;
      const isSeen =
        seen?.metadata.uid === ours.object.metadata.uid &&
        !isOlderVersion(seen.metadata.resourceVersion, ours.object.metadata.resourceVersion);
      if (!isPast && !isSeen) return ours.object;
      written.delete(name);
      return seen;
    },
    note(object) {
      written.set(object.metadata.name, { object, at: performance.now() });
    },
  };
}
