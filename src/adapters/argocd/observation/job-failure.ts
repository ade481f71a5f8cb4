import { diagnose, type Diagnosis } from '../../../core/diagnosis.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { lastWords, outOfMemory } from './container-trouble.ts';
import { because } from './plain-message.ts';
import { ownerName } from './wanted-pods.ts';

/** A Job that has failed, a hook or not. */
export interface FailedJob {
  readonly name: string;
  /** `PreSync`, `PostSync`, …; null for one that is no hook. */
  readonly hook: string | null;
  readonly message: string;
}

/** @param lastLines by container: the last line that it printed before it ended badly */
export function diagnoseJob(
  { name, hook, message }: FailedJob,
  pods: readonly Pod[],
  lastLines: ReadonlyMap<string, string>,
): Diagnosis {
  const what = `${hook === null ? '' : `${hook} hook `}Job ${name}`;
  return diagnose('HookFailed', `${what} failed${howItEnded(name, pods, lastLines) ?? because(message)}`);
}

/** By its youngest pod; null where none is left of it. */
function howItEnded(job: string, pods: readonly Pod[], lastLines: ReadonlyMap<string, string>): string | null {
  const own = pods
    .filter((pod) => ownerName(pod, 'Job') === job)
    .sort((left, right) => (left.metadata.creationTimestamp < right.metadata.creationTimestamp ? 1 : -1));
  for (const pod of own) {
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    for (const status of statuses) {
      const ended = status.state?.terminated ?? status.lastState?.terminated;
      if (!ended || ended.exitCode === 0) continue;
      if (ended.reason === 'OOMKilled') return `: ${outOfMemory(pod, status)}`;
      return ` with exit code ${String(ended.exitCode)}${lastWords(lastLines.get(status.name))}`;
    }
  }
  return null;
}
