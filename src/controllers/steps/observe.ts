import { shortSha } from '../../core/branch.ts';
import type { ConditionType } from '../../core/condition.ts';
import { diagnose, type ConditionReason, type FailureReason } from '../../core/diagnosis.ts';
import { componentOf } from '../../core/environment.ts';
import type { RuntimeObservation } from '../../ports/environment-runtime.ts';
import {
  lookAgain,
  withCondition,
  withStatus,
  type Draft,
  type ReconcileContext,
  type ReconcileStep,
} from '../reconcile-context.ts';

/** Causes that lie in putting the revision in place; all others lie in how it runs. */
const DEPLOYMENT_REASONS: ReadonlySet<ConditionReason> = new Set<ConditionReason>([
  'WaitingForBuildSlot',
  'WaitingForImage',
  'FetchingSource',
  'Building',
  'Deploying',
  'NoWayToRun',
  'InstallFailed',
  'BuildFailed',
  'CommitGone',
  'DiskFull',
  'RuntimeFailed',
  'InvalidRepositoryFile',
  'RepositoryUnreachable',
  'RepositoryNotFound',
  'QuotaExceeded',
  'PodSecurityRefused',
  'ValuesRefused',
  'SourceRefused',
  'ChartMissing',
  'ChartBroken',
  'SharedResource',
  'ProjectMissing',
  'NotPermitted',
  'HookFailed',
  'SyncFailed',
  'NameTaken',
  'ClusterRefused',
]);

/** Waiting for others is not this environment's fault: no deadline runs. */
const PATIENT_REASONS: ReadonlySet<ConditionReason> = new Set<ConditionReason>(['WaitingForBuildSlot']);

/** Steps from asleep to serving: until then it is waking, and whoever visits it is held. */
const PART_OF_WAKING: ReadonlySet<ConditionReason> = new Set<ConditionReason>(['Starting', 'Restarting', 'ProbingUrl']);

function orWaking({ environment: { spec, status } }: Draft, seen: ConditionReason): ConditionReason {
  const isWaking = status.conditions.some(
    ({ reason, observedRevision }) => reason === 'WakingUp' && observedRevision === spec.revision,
  );
  return isWaking && PART_OF_WAKING.has(seen) ? 'WakingUp' : seen;
}

/** Turns what the runtime saw into conditions. */
export const observe: ReconcileStep = {
  name: 'observe',
  run(context, draft) {
    const { observation } = draft;
    if (observation === null) return Promise.resolve({ go: 'stop', draft });
    const { sync, health, serving } = observation;
    const seen = withStatus(draft, { sync, health, serving });
    return Promise.resolve({ go: 'on', draft: conditionsOf(context, seen, observation) });
  },
};

function conditionsOf(context: ReconcileContext, draft: Draft, observation: RuntimeObservation): Draft {
  const now = context.clock.timestamp();
  const { spec } = draft.environment;
  const { progress } = observation;
  if (progress === null || observation.revision !== spec.revision) {
    return withCondition(
      draft,
      now,
      'Deployed',
      'False',
      'Deploying',
      'Waiting for the runtime to take up this revision.',
    );
  }
  switch (progress.step) {
    case 'failed':
      return notTrue(draft, now, progress.diagnosis.reason, progress.diagnosis.message);
    case 'waiting': {
      const waitedMs = context.clock.now() - Date.parse(progress.since);
      const { deployDeadlineMs } = context.settings;
      if (waitedMs > deployDeadlineMs && !PATIENT_REASONS.has(progress.reason)) {
        return deadlinePassed(draft, now, progress, deployDeadlineMs);
      }
      const waiting = notTrue(draft, now, orWaking(draft, progress.reason), progress.message);
      return PATIENT_REASONS.has(progress.reason) ? waiting : lookAgain(waiting, deployDeadlineMs - waitedMs + 1);
    }
    case 'asleep':
      return spec.asleep
        ? allTrue(draft, now, 'Asleep', 'Asleep, as asked.')
        : notTrue(draft, now, 'WakingUp', 'Waking up.');
    case 'running':
      if (observation.serving?.revision !== spec.revision)
        return notTrue(draft, now, orWaking(draft, 'ProbingUrl'), 'Waiting for the URL to answer.');
      return allTrue(draft, now, 'Done', 'Healthy.');
  }
}

function allTrue(draft: Draft, now: string, reason: 'Done' | 'Asleep', health: string): Draft {
  const { commit } = componentOf(draft.environment);
  const deployed = withCondition(
    draft,
    now,
    'Deployed',
    'True',
    'Done',
    `Commit ${shortSha(commit ?? '')} is in place.`,
  );
  const healthy = withCondition(deployed, now, 'Healthy', 'True', reason, health);
  return withCondition(
    healthy,
    now,
    'Reachable',
    'True',
    reason,
    reason === 'Done' ? 'The URL answers.' : 'The first visit wakes it.',
  );
}

/**
 * The condition that the reason is about is not true, and neither is anything behind it.
 * @param about the reason that tells which condition that is, where `reason` can be about any of them
 */
function notTrue(draft: Draft, now: string, reason: ConditionReason, message: string, about = reason): Draft {
  const { commit } = componentOf(draft.environment);
  const type = conditionAbout(about);
  let next = withCondition(draft, now, type, 'False', reason, message);
  if (type === 'Deployed')
    next = withCondition(next, now, 'Healthy', 'Unknown', 'NotYetObserved', 'Waiting for the deployment.');
  else next = withCondition(next, now, 'Deployed', 'True', 'Done', `Commit ${shortSha(commit ?? '')} is in place.`);
  return type === 'Reachable'
    ? next
    : withCondition(next, now, 'Reachable', 'Unknown', 'NotYetObserved', 'Waiting for it to be healthy.');
}

function conditionAbout(reason: ConditionReason): ConditionType {
  if (DEPLOYMENT_REASONS.has(reason)) return 'Deployed';
  return reason === 'ProbingUrl' ? 'Reachable' : 'Healthy';
}

function deadlinePassed(
  draft: Draft,
  now: string,
  waiting: { readonly reason: ConditionReason; readonly message: string },
  deadlineMs: number,
): Draft {
  const reason: FailureReason = 'DeadlinePassed';
  const { message } = diagnose(reason, `Not done after ${lengthOf(deadlineMs)}: ${waiting.message}`);
  return notTrue(draft, now, reason, message, waiting.reason);
}

/** In seconds below two minutes: a deadline may be a fraction of one. */
function lengthOf(milliseconds: number): string {
  return milliseconds < 120_000
    ? `${String(Math.round(milliseconds / 100) / 10)} seconds`
    : `${String(Math.round(milliseconds / 60_000))} minutes`;
}
