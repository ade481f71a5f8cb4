import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import type { Event } from '../kubernetes/objects.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { events, pods } from '../kubernetes/resources.ts';
import { createLastLines } from './last-lines.ts';

/** What only a look into a namespace tells. */
export interface Insight {
  readonly pods: readonly Pod[];
  /** Warnings of the last hour. */
  readonly events: readonly Event[];
  /** The last line that a container printed before it ended badly, by the container's name. */
  readonly lastLines: ReadonlyMap<string, string>;
}

export interface CloserLook {
  /** Pods as they were at most that long ago. */
  pods(namespace: string, maxAgeMs: number): Promise<readonly Pod[]>;
  /** How old what `pods` can give at once is; Infinity where it has nothing. */
  ageMs(namespace: string): number;
  /** Pods as they are now, and what else tells why they are not as they should be. */
  into(namespace: string): Promise<Insight>;
  /** Something has changed there: the next one looks anew. */
  expire(namespace: string): void;
  forget(namespace: string): void;
}

/** Looks at the same time are one look. */
const SHARED_MS = 200;

/** Looks into namespaces when there is a reason to. */
export function createCloserLook(client: KubernetesClient): CloserLook {
  const looks = new Map<string, { readonly at: number; readonly pods: Promise<readonly Pod[]> }>();
  const lastLines = createLastLines(client);

  function podsOf(namespace: string, maxAgeMs: number): Promise<readonly Pod[]> {
    const known = looks.get(namespace);
    if (known !== undefined && performance.now() - known.at <= maxAgeMs) return known.pods;
    const listed = client.list(pods, { namespace }).then(({ items }) => items);
    const taken = { at: performance.now(), pods: listed };
    looks.set(namespace, taken);
    listed.catch(() => {
      if (looks.get(namespace) === taken) looks.delete(namespace);
    });
    return listed;
  }

  return {
    pods: podsOf,
    ageMs: (namespace) => performance.now() - (looks.get(namespace)?.at ?? -Infinity),
    async into(namespace) {
      const [found, told] = await Promise.all([
        podsOf(namespace, SHARED_MS),
        client.list(events, { namespace, fieldSelector: 'type=Warning' }),
      ]);
      return { pods: found, events: told.items, lastLines: await lastLines.of(found) };
    },
    expire(namespace) {
      looks.delete(namespace);
    },
    forget(namespace) {
      looks.delete(namespace);
      lastLines.forget(namespace);
    },
  };
}
