import type { ConditionReason } from '../../../core/diagnosis.ts';
import type { Application, ApplicationStatus, OperationState } from '../kubernetes/argocd-objects.ts';
import { culprits } from './culprits.ts';
import { isComparedWithSpec, isOfSpec } from './comparison.ts';
import type { FailedJob } from './job-failure.ts';
import type { Patience } from './patience.ts';
import { failureIn, type SyncFailure } from './sync-failure.ts';

/** How far Argo CD is with what the Application's spec says now, by its own account. */
export type ApplicationProgress =
  | { readonly step: 'settled' }
  | { readonly step: 'waiting'; readonly reason: ConditionReason; readonly message: string; readonly since: string }
  /** Argo CD has given up. */
  | { readonly step: 'failed'; readonly failure: SyncFailure }
  | { readonly step: 'job_failed'; readonly job: FailedJob }
  /** Something in it is not well, and will not be by itself; `what` is that. */
  | { readonly step: 'degraded'; readonly what: string };

const FAULTS = ['InvalidSpecError', 'ComparisonError', 'SyncError', 'UnknownError'];

/** How long Argo CD has to stand by an error before it counts. */
function patienceWith({ reason }: SyncFailure, { conditionMs, unreachableMs }: Patience): number {
  switch (reason) {
    // The same commit with the same values always fails so, however often it is tried.
    case 'ValuesRefused':
    case 'ChartBroken':
    case 'ChartMissing':
      return 0;
    case 'RepositoryUnreachable':
      return unreachableMs;
    // Argo CD itself is in trouble: that passes, and is no fault of the environment's.
    case 'RuntimeFailed':
      return Infinity;
    default:
      return conditionMs;
  }
}

/**
 * The rules are those of the manual's pages on sync, health and automated sync. While it tries again the phase stays
 * `Running`, so that `Failed` and `Error` are final.
 */
export function progressOf(application: Application, now: number, patience: Patience): ApplicationProgress {
  const { metadata, status, operation } = application;
  if (metadata.deletionTimestamp !== undefined)
    return { step: 'waiting', reason: 'Removing', message: 'Being removed.', since: metadata.deletionTimestamp };
  const lookedAt = status?.reconciledAt ?? metadata.creationTimestamp;
  // Such a spec is compared with nothing.
  const invalid = fault(application, ['InvalidSpecError'], now, patience);
  if (invalid !== null) return invalid;
  if (!status || !isComparedWithSpec(application)) return deploying('Waiting for Argo CD to take it up.', lookedAt);
  const { operationState } = status;
  if (operationState !== undefined && isOngoing(operationState)) return syncing(application, operationState);
  if (operation !== undefined) return deploying('Waiting for Argo CD to begin to sync.', lookedAt);
  if (operationState !== undefined && isOfSpec(application, operationState)) {
    const ended = endedSync(application, operationState);
    if (ended !== null) return ended;
  }
  const isInPlace = operationState?.phase === 'Succeeded' && isOfSpec(application, operationState);
  const failing = fault(application, FAULTS, now, patience);
  if (failing !== null) {
    // What was put in place as it is wanted now stays so while Argo CD can't look at where it came from.
    return isInPlace ? healthProgress(application, now, patience) : failing;
  }
  if (status.sync?.status !== 'Synced') return deploying(outOfSync(status), lookedAt);
  return healthProgress(application, now, patience);
}

function isOngoing({ phase }: OperationState): boolean {
  return phase === 'Running' || phase === 'Terminating';
}

/** Null where it went well, and Argo CD has looked at what came of it. */
function endedSync(application: Application, state: OperationState): ApplicationProgress | null {
  const { phase, startedAt, finishedAt } = state;
  if (phase === 'Failed' || phase === 'Error') return failedSync(application, state);
  const reconciledAt = application.status?.reconciledAt;
  const isLookedAt = reconciledAt !== undefined && Date.parse(reconciledAt) >= Date.parse(finishedAt ?? startedAt);
  return isLookedAt ? null : deploying('Waiting for Argo CD to look at what it has synced.', startedAt);
}

/** The resource that failed says more than the sum of all. */
function failedSync(
  application: Application,
  { message = '', syncResult }: OperationState,
): Extract<ApplicationProgress, { readonly step: 'failed' | 'job_failed' }> {
  const resources = syncResult?.resources ?? [];
  const refused = resources.find(({ status }) => status === 'SyncFailed');
  if (refused !== undefined) {
    const { kind, name, message: why = message } = refused;
    return { step: 'failed', failure: failureIn(why, application, `${kind} ${name}`) };
  }
  const job = resources.find(
    ({ kind, hookPhase }) => kind === 'Job' && (hookPhase === 'Failed' || hookPhase === 'Error'),
  );
  if (job === undefined) return { step: 'failed', failure: failureIn(message, application) };
  return { step: 'job_failed', job: { name: job.name, hook: job.hookType ?? null, message: job.message ?? message } };
}

function syncing(application: Application, state: OperationState): ApplicationProgress {
  const { phase, message = '', startedAt, finishedAt } = state;
  if (phase === 'Terminating') return deploying('Waiting for Argo CD to end a sync.', startedAt);
  // Ended without a final phase: it is going to be tried again.
  if (finishedAt !== undefined)
    return deploying(`${whatFailed(application, state)}. ${tryingAgain(application, state)}`, startedAt);
  const [, kind, name] =
    /^waiting for (?:completion of hook|healthy state of) [^\s/]*\/(\w+)\/([^\s,]+)/.exec(message) ?? [];
  if (kind === 'Job') return deploying(`Waiting for Job ${name ?? ''} to end.`, startedAt);
  if (kind !== undefined) return deploying(`Waiting for ${kind} ${name ?? ''} to be healthy.`, startedAt);
  return deploying('Argo CD is syncing it.', startedAt);
}

function whatFailed(application: Application, state: OperationState): string {
  const failed = failedSync(application, state);
  if (failed.step === 'failed') return failed.failure.cause;
  return `${failed.job.hook === null ? '' : `${failed.job.hook} hook `}Job ${failed.job.name} failed`;
}

function tryingAgain({ status }: Application, { syncResult }: OperationState): string {
  const [tried, wanted] = [syncResult?.revision, status?.sync?.revision];
  if (tried === undefined || wanted === undefined || tried === wanted) return 'Argo CD tries again.';
  return `Argo CD still tries revision ${tried.slice(0, 7)}, and ${wanted.slice(0, 7)} after it.`;
}

function outOfSync({ resources = [] }: ApplicationStatus): string {
  const differing = resources
    .filter(({ status }) => status === 'OutOfSync')
    .map(({ kind = '', name = '' }) => `${kind} ${name}`);
  const [first, ...others] = differing;
  if (first === undefined) return 'Waiting for Argo CD to sync it.';
  const more = others.length === 0 ? '' : ` and ${String(others.length)} more`;
  return `Waiting for Argo CD to sync ${first}${more}.`;
}

function healthProgress({ metadata, status }: Application, now: number, patience: Patience): ApplicationProgress {
  const health = status?.health;
  const finishedAt = status?.operationState?.finishedAt ?? metadata.creationTimestamp;
  const since = health?.lastTransitionTime ?? finishedAt;
  const what = culprits(health?.message);
  switch (health?.status) {
    case 'Healthy': {
      const heldMs = now - Math.max(Date.parse(since), Date.parse(finishedAt));
      return heldMs >= patience.holdMs
        ? { step: 'settled' }
        : starting('Healthy; Blueberry makes sure that it stays so.', since);
    }
    case 'Degraded': {
      if (now - Date.parse(since) < patience.degradedMs)
        return starting(`${what ?? 'Something'} is degraded for now.`, since);
      const [, job] = /\bJob:[^/\s]+\/([^\s,)]+)/.exec(health.message ?? '') ?? [];
      if (job !== undefined) return { step: 'job_failed', job: { name: job, hook: null, message: '' } };
      return { step: 'degraded', what: what ?? 'it' };
    }
    case 'Suspended':
      return starting(`${what ?? 'Something in it'} is suspended.`, since);
    default:
      return starting(`Waiting for ${what ?? 'it'} to be healthy.`, since);
  }
}

/** An error that Argo CD stands by: for how long is known only while it says it in the same words. */
function fault(
  application: Application,
  types: readonly string[],
  now: number,
  patience: Patience,
): ApplicationProgress | null {
  const { metadata, status } = application;
  const standing = (status?.conditions ?? [])
    .filter(({ type }) => types.includes(type))
    .map(({ message, lastTransitionTime }) => ({
      failure: failureIn(message, application),
      since: lastTransitionTime ?? status?.reconciledAt ?? metadata.creationTimestamp,
    }));
  const lasting = standing.find(({ failure, since }) => now - Date.parse(since) >= patienceWith(failure, patience));
  if (lasting !== undefined) return { step: 'failed', failure: lasting.failure };
  const [first] = standing;
  return first === undefined ? null : deploying(`${first.failure.cause}. Argo CD looks again.`, first.since);
}

function deploying(message: string, since: string): ApplicationProgress {
  return { step: 'waiting', reason: 'Deploying', message, since };
}

function starting(message: string, since: string): ApplicationProgress {
  return { step: 'waiting', reason: 'Starting', message, since };
}
