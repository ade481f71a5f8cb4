import type { LogLine, LogQuery } from '../../../ports/environment-runtime.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure } from '../kubernetes/kubernetes-failure.ts';
import { readPodLogs } from '../kubernetes/pod-logs.ts';
import type { ContainerStatus, Pod } from '../kubernetes/pod-objects.ts';

/** One container of one pod that has begun to print. */
export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Changes when the container is started anew. */
  readonly id: string;
}

/** Containers that have a log, the oldest pod first. One that waits for its first start has none. */
export function logSourcesOf(pods: readonly Pod[], container: string | undefined): readonly LogSource[] {
  const sorted = [...pods].sort((left, right) =>
    left.metadata.creationTimestamp < right.metadata.creationTimestamp ? -1 : 1,
  );
  return sorted.flatMap((pod) =>
    [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
      .filter((status) => hasBegun(status) && (container === undefined || status.name === container))
      .map((status) => ({
        namespace: pod.metadata.namespace ?? '',
        pod: pod.metadata.name,
        container: status.name,
        id: `${pod.metadata.uid} ${status.name} ${String(status.restartCount)}`,
      })),
  );
}

function hasBegun({ state, lastState }: ContainerStatus): boolean {
  return state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;
}

/** Where reading a source goes on: behind so many lines with this time. */
export interface LogPosition {
  at: string;
  count: number;
}

/** The lines of a source behind a position, which moves along. Ends with the container, or where there is no more now. */
export async function* linesOf(
  client: KubernetesClient,
  source: LogSource,
  position: LogPosition,
  query: Pick<LogQuery, 'tail' | 'since' | 'follow' | 'signal'>,
): AsyncGenerator<LogLine> {
  let toSkip = position.at === '' ? 0 : position.count;
  const from = position.at;
  const since = from === '' ? query.since : from;
  try {
    const { namespace, pod, container } = source;
    const { tail, follow, signal } = query;
    for await (const { at, text } of readPodLogs(client, { namespace, pod, container, tail, since, follow, signal })) {
      if (from !== '' && at < from) continue;
      if (at === from && toSkip > 0) {
        toSkip -= 1;
        continue;
      }
      position.count = at === position.at ? position.count + 1 : 1;
      position.at = at;
      yield { at, container, stream: 'stdout', text };
    }
  } catch (error) {
    // The pod has gone meanwhile, or its container has not begun after all: there is nothing more to read.
    if (!isKubernetesFailure(error, 'not_found', 'invalid', 'not_served')) throw error;
  }
}
