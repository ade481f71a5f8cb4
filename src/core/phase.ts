import { CONDITION_TYPES, findCondition, type Condition } from './condition.ts';
import { shortSha } from './branch.ts';
import { severityOf } from './diagnosis.ts';
import { componentOf, type Environment, type Phase } from './environment.ts';

const REQUIRED = CONDITION_TYPES.filter((type) => type !== 'Removed');

/**
 * The status word and the one sentence beside it, from intent and conditions alone. Pure, so the same record says the
 * same everywhere. Conditions of an earlier revision count as not observed.
 */
export function deriveStatus(environment: Environment): { phase: Phase; message: string } {
  const { metadata, spec, status } = environment;
  if (status.archivedAt !== null) return { phase: 'terminated', message: 'Everything it owned has been removed.' };
  if (metadata.deletionTimestamp !== null) {
    const removed = findCondition(status.conditions, 'Removed');
    return { phase: 'deleting', message: removed?.message ?? 'Waiting to be removed.' };
  }
  const current = status.conditions.filter((condition) => condition.observedRevision === spec.revision);
  const failed = current.find((condition) => isFailure(condition));
  if (failed) return { phase: 'failed', message: failed.message };
  for (const type of REQUIRED) {
    const condition = findCondition(current, type);
    if (!condition) return { phase: 'pending', message: pendingMessage(current) };
    if (condition.status !== 'True') return { phase: 'pending', message: condition.message };
  }
  return { phase: 'ready', message: readyMessage(environment) };
}

/** `environment` with the derived part of its status made true again. Every write of a record goes through it. */
export function withDerivedStatus(environment: Environment): Environment {
  const { phase, message } = deriveStatus(environment);
  if (phase === environment.status.phase && message === environment.status.message) return environment;
  return { ...environment, status: { ...environment.status, phase, message } };
}

function isFailure(condition: Condition): boolean {
  return condition.status === 'False' && severityOf(condition.reason) === 'failed';
}

function pendingMessage(current: readonly Condition[]): string {
  const unfinished = current.find((condition) => condition.status !== 'True');
  return unfinished?.message ?? 'Waiting to be started.';
}

function readyMessage(environment: Environment): string {
  const { branch, commit } = componentOf(environment);
  const what = commit === null ? branch : `${branch} at ${shortSha(commit)}`;
  return environment.spec.asleep ? `Asleep with ${what}; the first visit wakes it.` : `Running ${what}.`;
}
