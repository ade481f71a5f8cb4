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

interface Look<T> {
  readonly at: number;
  readonly found: Promise<T>;
}

/** Looks at the same time are one look. */
const SHARED_MS = 500;

/** Looks into namespaces when there is a reason to. */
export function createCloserLook(client: KubernetesClient): CloserLook {
  const looks = new Map<string, Look<readonly Pod[]>>();
  const insights = new Map<string, Look<Insight>>();
  const lastLines = createLastLines(client);

  /** What was found at most so long ago, or looked for anew; a failure is not kept. */
  function shared<T>(
    known: Map<string, Look<T>>,
    namespace: string,
    maxAgeMs: number,
    look: () => Promise<T>,
  ): Promise<T> {
    const before = known.get(namespace);
    if (before !== undefined && performance.now() - before.at <= maxAgeMs) return before.found;
    const taken = { at: performance.now(), found: look() };
    known.set(namespace, taken);
    taken.found.catch(() => {
      if (known.get(namespace) === taken) known.delete(namespace);
    });
    return taken.found;
  }

  function podsOf(namespace: string, maxAgeMs: number): Promise<readonly Pod[]> {
    return shared(looks, namespace, maxAgeMs, async () => (await client.list(pods, { namespace })).items);
  }

  async function lookInto(namespace: string): Promise<Insight> {
    const [found, told] = await Promise.all([
      podsOf(namespace, SHARED_MS),
      client.list(events, { namespace, fieldSelector: 'type=Warning' }),
    ]);
    return { pods: found, events: told.items, lastLines: await lastLines.of(found) };
  }

  return {
    pods: podsOf,
    ageMs: (namespace) => performance.now() - (looks.get(namespace)?.at ?? -Infinity),
    into: (namespace) => shared(insights, namespace, SHARED_MS, () => lookInto(namespace)),
    expire(namespace) {
      looks.delete(namespace);
      insights.delete(namespace);
    },
    forget(namespace) {
      looks.delete(namespace);
      insights.delete(namespace);
      lastLines.forget(namespace);
    },
  };
}
