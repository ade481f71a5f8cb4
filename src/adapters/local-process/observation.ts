import type { Clock } from '../../ports/clock.ts';
import type { HealthStatus } from '../../core/environment.ts';
import type { ResourceStatus, RuntimeObservation, RuntimeProgress } from '../../ports/environment-runtime.ts';
import type { Revision } from './revision.ts';

/** What was last asked for; kept in the environment's folder. */
export interface EnvironmentRecord {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly asleep: boolean;
}

export interface ObservedParts {
  readonly clock: Clock;
  readonly record: EnvironmentRecord | null;
  readonly wanted: Revision | null;
  readonly serving: Revision | null;
  readonly isRemoving: boolean;
  readonly isPresent: boolean;
}

/** What the port is told, from what is known in memory: looking costs nothing. */
export function observationOf({
  clock,
  record,
  wanted,
  serving,
  isRemoving,
  isPresent,
}: ObservedParts): RuntimeObservation {
  const progress: RuntimeProgress | null =
    record === null ? null : record.asleep ? { step: 'asleep' } : (wanted?.progress.current ?? null);
  return {
    observedAt: clock.timestamp(),
    presence: isRemoving ? 'removing' : isPresent ? 'present' : 'absent',
    revision: record?.revision ?? null,
    progress,
    serving: serving?.serving ? { revision: serving.number, commit: serving.commit } : null,
    sync: record !== null && (record.asleep || serving?.number === record.revision) ? 'Synced' : 'OutOfSync',
    health: healthOf(progress),
    resources: resourcesOf(wanted, serving, progress),
    blockedBy: null,
  };
}

function healthOf(progress: RuntimeProgress | null): HealthStatus {
  switch (progress?.step) {
    case undefined:
      return 'Missing';
    case 'running':
      return 'Healthy';
    case 'waiting':
      return 'Progressing';
    case 'asleep':
      return 'Suspended';
    case 'failed':
      return 'Degraded';
  }
}

function resourcesOf(
  wanted: Revision | null,
  serving: Revision | null,
  progress: RuntimeProgress | null,
): ResourceStatus[] {
  const resources: ResourceStatus[] = [];
  const shown = serving && serving !== wanted ? [serving, wanted] : [wanted];
  for (const revision of shown) {
    if (!revision) continue;
    const { state, number, commit } = revision;
    const suffix = shown.length > 1 ? ` (revision ${String(number)})` : '';
    const health = revision === wanted ? healthOf(progress) : 'Healthy';
    resources.push({
      kind: 'Worktree',
      name: `source${suffix}`,
      health: state.checkedOut ? 'Healthy' : 'Progressing',
      message: `Commit ${commit.slice(0, 7)}`,
    });
    if (!state.built) resources.push({ kind: 'Build', name: `build${suffix}`, health, message: null });
    if (state.process) {
      const { pid, port, startedAt, restarts } = state.process;
      const message = `Process ${String(pid)} on port ${String(port)}, started ${startedAt}${restarted(restarts)}`;
      resources.push({ kind: 'Process', name: `web${suffix}`, health, message });
    }
  }
  return resources;
}

function restarted(times: number): string {
  if (times === 0) return '';
  return times === 1 ? ', restarted once' : `, restarted ${String(times)} times`;
}
