import { setTimeout as pause } from 'node:timers/promises';
import type { LogLine, LogQuery } from '../../../ports/environment-runtime.ts';
import type { CloserLook } from '../view/closer-look.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { linesOf, logSourcesOf, type LogPosition, type LogSource } from './pod-log-lines.ts';

export interface EnvironmentLogsParts {
  readonly client: KubernetesClient;
  readonly closerLook: CloserLook;
  /** Whether there is still something of the environment. */
  readonly isThere: () => boolean;
}

/** So often a followed log looks for pods that are new. */
const LOOK_FOR_PODS_MS = 500;

/**
 * The lines of all containers of an environment, oldest first; following goes on with the pods that come, until the
 * environment is gone.
 */
export async function* readEnvironmentLogs(
  { client, closerLook, isThere }: EnvironmentLogsParts,
  namespace: string,
  query: LogQuery,
): AsyncGenerator<LogLine> {
  const positions = new Map<string, LogPosition>();
  const sources = logSourcesOf(await closerLook.pods(namespace, 0), query.container);
  const first: LogLine[] = [];
  for (const source of sources) {
    const position = { at: '', count: 0 };
    positions.set(source.id, position);
    // Also where none of what is there is wanted: only then it is known what is new.
    const tail = query.tail === undefined ? undefined : Math.max(1, query.tail);
    for await (const line of linesOf(client, source, position, { ...query, tail, follow: false })) first.push(line);
  }
  first.sort((left, right) => Date.parse(left.at) - Date.parse(right.at));
  yield* query.tail === undefined ? first : query.tail === 0 ? [] : first.slice(-query.tail);
  if (!query.follow || query.signal.aborted) return;
  yield* follow({ client, closerLook, isThere }, namespace, query, positions);
}

async function* follow(
  { client, closerLook, isThere }: EnvironmentLogsParts,
  namespace: string,
  query: LogQuery,
  positions: Map<string, LogPosition>,
): AsyncGenerator<LogLine> {
  const ended = new AbortController();
  const signal = AbortSignal.any([query.signal, ended.signal]);
  const lines: LogLine[] = [];
  const reading = new Set<string>();
  const done = new Set<string>();
  let wake: () => void = () => undefined;
  let failure: { readonly error: unknown } | null = null;

  async function read(source: LogSource): Promise<void> {
    const position = positions.get(source.id) ?? { at: '', count: 0 };
    positions.set(source.id, position);
    try {
      for await (const line of linesOf(client, source, position, { follow: true, signal })) {
        lines.push(line);
        wake();
      }
      done.add(source.id);
    } catch (error) {
      if (!signal.aborted) failure = { error };
    } finally {
      reading.delete(source.id);
      wake();
    }
  }

  async function lookForPods(): Promise<void> {
    for (const source of logSourcesOf(await closerLook.pods(namespace, LOOK_FOR_PODS_MS), query.container)) {
      if (reading.has(source.id) || done.has(source.id)) continue;
      reading.add(source.id);
      void read(source);
    }
  }

  try {
    while (!query.signal.aborted) {
      if (failure !== null) throw (failure as { readonly error: unknown }).error;
      if (!isThere()) {
        // What was printed at the very end is on its way.
        if (reading.size === 0 && lines.length === 0) return;
      } else await lookForPods();
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (lines.length === 0)
        await Promise.race([more, pause(LOOK_FOR_PODS_MS, undefined, { signal }).catch(() => undefined)]);
      yield* lines.splice(0);
    }
  } finally {
    ended.abort();
  }
}
