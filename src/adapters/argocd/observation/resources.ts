import type { HealthStatus } from '../../../core/environment.ts';
import type { ResourceStatus, RuntimeProgress } from '../../../ports/environment-runtime.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { Event } from '../kubernetes/objects.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { isReady } from '../traffic/endpoints.ts';
import type { Insight } from '../view/closer-look.ts';
import { DEFAULT_PATIENCE } from './patience.ts';
import { worstTrouble } from './pod-trouble.ts';
import { newestOf } from './probe-trouble.ts';

const MESSAGE_MAX_LENGTH = 500;
/** Argo CD says the health of the whole, and of a part only where it is told to: a part is then as the whole is. */
const PART_OF: Readonly<Record<RuntimeProgress['step'], HealthStatus>> = {
  running: 'Healthy',
  asleep: 'Suspended',
  waiting: 'Progressing',
  failed: 'Unknown',
};

/** What an Application has deployed, and where it was looked at closely, the pods of it with what is wrong with them. */
export function resourcesOf(
  { status }: Application,
  { step }: RuntimeProgress,
  insight: Insight | null,
): readonly ResourceStatus[] {
  const warnings = insight?.events ?? [];
  const deployed = (status?.resources ?? []).map(({ kind = '', name = '', health }) => ({
    kind,
    name,
    health: health?.status ?? PART_OF[step],
    message: shortened(health?.message ?? (step === 'running' ? null : warningOf(warnings, kind, name))),
  }));
  return [...deployed, ...(insight?.pods ?? []).map((pod) => podStatus(pod, insight))];
}

function podStatus(pod: Pod, insight: Insight | null): ResourceStatus {
  const { name } = pod.metadata;
  if (isReady(pod) || pod.status?.phase === 'Succeeded') return { kind: 'Pod', name, health: 'Healthy', message: null };
  const { events = [], lastLines = new Map<string, string>() } = insight ?? {};
  const trouble = worstTrouble([pod], { events, lastLines, now: Date.now(), patience: DEFAULT_PATIENCE });
  const message = trouble === null ? (pod.status?.message ?? null) : `${trouble.cause}.`;
  return {
    kind: 'Pod',
    name,
    health: trouble?.isFinal === true ? 'Degraded' : 'Progressing',
    message: shortened(message),
  };
}

function warningOf(events: readonly Event[], kind: string, name: string): string | null {
  const own = events.filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name);
  return newestOf(own)?.message ?? null;
}

function shortened(message: string | null): string | null {
  if (message === null || message.length <= MESSAGE_MAX_LENGTH) return message;
  return `${message.slice(0, MESSAGE_MAX_LENGTH - 1)}…`;
}
