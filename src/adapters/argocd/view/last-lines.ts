import { tellingLine } from '../../../core/telling-lines.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { readPodLogs } from '../kubernetes/pod-logs.ts';
import type { ContainerState, ContainerStatus, Pod } from '../kubernetes/pod-objects.ts';

export interface LastLines {
  /** By the name of each container of these pods that ended badly: the line that says best why, of its last ones. */
  of(pods: readonly Pod[]): Promise<ReadonlyMap<string, string>>;
  forget(namespace: string): void;
}

interface KnownLine {
  /** Restarts of the container by then. */
  readonly restarts: number;
  readonly line: string;
}

const LINE_MAX_LENGTH = 300;
/** So many lines a stack trace may have below the one that says something. */
const LINES = 50;
const TIMEOUT_MS = 3_000;
/** The end is told in whole seconds. */
const END_WITHIN_MS = 1_000;

/** Each line is read once: what was printed before the end does not change. */
export function createLastLines(client: KubernetesClient): LastLines {
  const known = new Map<string, Map<string, KnownLine>>();

  async function lineOf(pod: Pod, status: ContainerStatus): Promise<string | null> {
    const ended = status.state?.terminated ?? status.lastState?.terminated;
    if (!ended || ended.exitCode === 0) return null;
    const { namespace = '', uid } = pod.metadata;
    const lines = known.get(namespace) ?? new Map<string, KnownLine>();
    known.set(namespace, lines);
    const key = `${uid} ${status.name}`;
    const before = lines.get(key);
    if (before?.restarts === status.restartCount) return before.line;
    const line = await read(pod, status, ended);
    if (line !== null) lines.set(key, { restarts: status.restartCount, line });
    // What could not be read this time was hardly another one.
    return line ?? before?.line ?? null;
  }

  async function read(
    pod: Pod,
    status: ContainerStatus,
    { finishedAt }: NonNullable<ContainerState['terminated']>,
  ): Promise<string | null> {
    const { namespace = '', name } = pod.metadata;
    const endedAt = finishedAt === undefined ? Infinity : Date.parse(finishedAt) + END_WITHIN_MS;
    // Where it has not been started again it may be by now: what is printed after the end is not of the one that ended.
    for (const previous of status.state?.running === undefined ? [false, true] : [true]) {
      const query = { namespace, pod: name, container: status.name, follow: false, tail: LINES, previous };
      const printed: string[] = [];
      try {
        for await (const { at, text } of readPodLogs(client, { ...query, signal: AbortSignal.timeout(TIMEOUT_MS) }))
          if (Date.parse(at) < endedAt) printed.push(text);
      } catch {
        // What it printed would be good to know; that it ended is known without.
      }
      const line = tellingLine(printed);
      if (line !== null) return line.slice(0, LINE_MAX_LENGTH);
    }
    return null;
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
