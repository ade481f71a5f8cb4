import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { readPodLogs } from '../kubernetes/pod-logs.ts';
import type { ContainerStatus, Pod } from '../kubernetes/pod-objects.ts';

export interface LastLines {
  /** By the name of each container of these pods that ended badly: the last line that it printed before. */
  of(pods: readonly Pod[]): Promise<ReadonlyMap<string, string>>;
  forget(namespace: string): void;
}

const LINE_MAX_LENGTH = 300;
const TIMEOUT_MS = 3_000;

/** Each line is read once: what was printed before the end does not change. */
export function createLastLines(client: KubernetesClient): LastLines {
  const known = new Map<string, Map<string, string>>();

  async function lineOf(pod: Pod, status: ContainerStatus): Promise<string | null> {
    const ended = status.state?.terminated ?? status.lastState?.terminated;
    if (!ended || ended.exitCode === 0) return null;
    const { namespace = '', name, uid } = pod.metadata;
    const lines = known.get(namespace) ?? new Map<string, string>();
    known.set(namespace, lines);
    const key = `${uid} ${status.name} ${String(status.restartCount)}`;
    if (!lines.has(key)) {
      const isRunningAgain = status.state?.running !== undefined;
      const query = { namespace, pod: name, container: status.name, follow: false, tail: 1, previous: isRunningAgain };
      try {
        for await (const { text } of readPodLogs(client, { ...query, signal: AbortSignal.timeout(TIMEOUT_MS) }))
          lines.set(key, text.slice(0, LINE_MAX_LENGTH));
      } catch {
        // What it printed would be good to know; that it ended is known without.
      }
    }
    return lines.get(key) ?? null;
  }

  return {
    async of(pods) {
      const found = new Map<string, string>();
      for (const pod of pods) {
        for (const status of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
          const line = await lineOf(pod, status);
          if (line !== null) found.set(status.name, line);
        }
      }
      return found;
    },
    forget(namespace) {
      known.delete(namespace);
    },
  };
}
