import { canonicalJson } from '../../../core/json.ts';
import { diagnose } from '../../../core/diagnosis.ts';
import type { RuntimeProgress } from '../../../ports/environment-runtime.ts';
import type { Application, OperationState } from '../kubernetes/argocd-objects.ts';
import { diagnoseSync, shortened } from './sync-failure.ts';

export interface ProgressPatience {
  /** Conditions of Argo CD's come and go while it looks again. */
  readonly conditionMs: number;
  /** A resource may be degraded for a moment on its way. */
  readonly degradedMs: number;
  /** A parent can be green before its children are there (argo-cd#6708). */
  readonly holdMs: number;
}

export const DEFAULT_PROGRESS_PATIENCE: ProgressPatience = { conditionMs: 10_000, degradedMs: 10_000, holdMs: 2_000 };

/** `settled`: synced at what is wanted, healthy, and held so; whether that is served is for others to say. */
export type ApplicationProgress = RuntimeProgress | { readonly step: 'settled' };

const FAILED_CONDITIONS = ['InvalidSpecError', 'ComparisonError', 'SyncError', 'DeletionError', 'UnknownError'];

/**
 * How far Argo CD is with what the Application's spec says now, by its own account. The rules are those of the manual's
 * pages on sync, health and automated sync, and of the issues named beside them.
 */
export function progressOf(
  application: Application,
  now: number,
  patience: ProgressPatience = DEFAULT_PROGRESS_PATIENCE,
): ApplicationProgress {
  const { metadata, status, operation } = application;
  const since = status?.operationState?.startedAt ?? metadata.creationTimestamp;
  const waiting = (message: string, from = since): RuntimeProgress => ({
    step: 'waiting',
    reason: 'Deploying',
    message,
    since: from,
  });
  const fault = lastingFault(application, now, patience);
  if (fault !== null) return { step: 'failed', diagnosis: diagnoseSync(fault) };
  if (!status || !isComparedWithSpec(application)) return waiting('Waiting for Argo CD to take it up.');
  const operationState = status.operationState;
  if (operation !== undefined) return waiting('Waiting for Argo CD to begin to sync.');
  if (operationState !== undefined && isOfSpec(application, operationState)) {
    if (operationState.phase === 'Failed' || operationState.phase === 'Error')
      return { step: 'failed', diagnosis: diagnoseSync(failureOf(operationState)) };
    if (operationState.phase !== 'Succeeded') return waiting(syncing(operationState), operationState.startedAt);
    if (isBefore(status.reconciledAt, operationState.finishedAt))
      return waiting('Waiting for Argo CD to look at what it has synced.', operationState.startedAt);
  }
  if (status.sync?.status !== 'Synced') return waiting('Waiting for Argo CD to sync it.');
  return healthProgress(application, now, patience);
}

function healthProgress(application: Application, now: number, patience: ProgressPatience): ApplicationProgress {
  const { metadata, status } = application;
  const health = status?.health;
  const since = health?.lastTransitionTime ?? status?.operationState?.startedAt ?? metadata.creationTimestamp;
  const heldMs = now - Date.parse(since);
  const why = health?.message === undefined || health.message === '' ? '' : `: ${shortened(health.message)}`;
  switch (health?.status) {
    case 'Healthy':
      if (heldMs >= patience.holdMs) return { step: 'settled' };
      return { step: 'waiting', reason: 'Starting', message: 'Healthy; making sure that it stays so.', since };
    case 'Degraded':
      if (heldMs >= patience.degradedMs)
        return { step: 'failed', diagnosis: diagnose('Degraded', `Argo CD calls it degraded${why}`) };
      return { step: 'waiting', reason: 'Starting', message: `Degraded for a moment${why}.`, since };
    case 'Suspended':
      return { step: 'waiting', reason: 'Starting', message: `Something in it is suspended${why}.`, since };
    default:
      return { step: 'waiting', reason: 'Starting', message: `Waiting for it to be healthy${why}.`, since };
  }
}

/** What Argo CD compared with the cluster is what the spec says now: source and destination, the values among them. */
function isComparedWithSpec({ spec, status }: Application): boolean {
  const compared = status?.sync?.comparedTo;
  if (!compared) return false;
  const wanted = { source: spec.source, sources: spec.sources, destination: spec.destination };
  const seen = { source: compared.source, sources: compared.sources, destination: compared.destination };
  return canonicalJson(plain(wanted)) === canonicalJson(plain(seen));
}

function isOfSpec({ spec }: Application, { syncResult }: OperationState): boolean {
  if (syncResult?.source === undefined || spec.source === undefined) return true;
  return canonicalJson(plain(syncResult.source)) === canonicalJson(plain(spec.source));
}

/** Argo CD leaves out what is empty. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, item: unknown) => (item === '' ? undefined : item))) as unknown;
}

function lastingFault({ status }: Application, now: number, { conditionMs }: ProgressPatience): string | null {
  const fault = status?.conditions?.find(
    ({ type, lastTransitionTime }) =>
      FAILED_CONDITIONS.includes(type) &&
      lastTransitionTime !== undefined &&
      now - Date.parse(lastTransitionTime) >= conditionMs,
  );
  return fault?.message ?? null;
}

/** The resource that failed says more than the sum of all. */
function failureOf({ message, syncResult }: OperationState): string {
  const failed = syncResult?.resources?.find(
    ({ status, hookPhase }) => status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error',
  );
  if (!failed) return message ?? '';
  const hook = failed.hookType === undefined ? '' : 'hook ';
  return `${hook}${failed.kind} ${failed.name}: ${failed.message ?? message ?? ''}`;
}

function syncing({ message, retryCount, syncResult }: OperationState): string {
  const hook = syncResult?.resources?.find(({ hookPhase }) => hookPhase === 'Running');
  if (hook) return `Waiting for ${hook.kind} ${hook.name} to end.`;
  if ((retryCount ?? 0) > 0 && message !== undefined)
    return `Argo CD tries again (${String(retryCount)}): ${shortened(message)}.`;
  return 'Argo CD is syncing it.';
}

function isBefore(time: string | undefined, than: string | undefined): boolean {
  return time !== undefined && than !== undefined && Date.parse(time) < Date.parse(than);
}
