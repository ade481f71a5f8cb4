import { shortSha } from '../../core/branch.ts';
import { findCondition, type Condition } from '../../core/condition.ts';
import { diagnose, severityOf, type FailureReason } from '../../core/diagnosis.ts';
import { componentOf, type Component } from '../../core/environment.ts';
import { GitFailure, type GitFailureReason } from '../../core/git-failure.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import { accessOf } from '../../services/repository-service.ts';
import {
  lookAgain,
  withCondition,
  type Draft,
  type ReconcileContext,
  type ReconcileStep,
  type StepOutcome,
} from '../reconcile-context.ts';

/** A remote that can't be reached for so long is called unreachable; until then it is a passing trouble. */
const UNREACHABLE_AFTER_MS = 15_000;
const RETRY_SOON_MS = 2_000;
const RETRY_LATER_MS = 30_000;

/** Finds out which commit is wanted, and has it fetched. */
export const resolveSource: ReconcileStep = {
  name: 'resolve-source',
  async run(context, draft) {
    const component = componentOf(draft.environment);
    const known = currentlyKnown(draft);
    if (component.commit !== null && known?.status === 'True') return { go: 'on', draft };
    const repository = await context.store.get(EVERYTHING, 'repository', component.repositoryId);
    if (!repository) {
      return failed(
        context,
        draft,
        'RepositoryDisconnected',
        `The repository ${component.repositoryUrl} is not connected any more`,
        null,
      );
    }
    const access = await accessOf(context.cipher, repository);
    const { id } = draft.environment.metadata;
    const wanted = component.commit;
    // The revision is part of the task's name: what was asked for now must not be answered by a look begun before.
    const name = `${String(draft.environment.spec.revision)} ${component.branch} ${wanted ?? 'newest'}`;
    const task = await context.fetches.run(id, name, (signal) =>
      wanted === null
        ? context.git.fetchBranch(access, component.branch, signal)
        : context.git.fetchCommit(access, wanted, signal),
    );
    switch (task.state) {
      case 'running': {
        // A trouble stands until it is over: trying again is no news, and must not make it look new.
        if (known && (known.reason === 'RetryingRepository' || severityOf(known.reason) === 'failed'))
          return { go: 'stop', draft };
        const message = `Fetching ${wanted === null ? `the newest commit of ${component.branch}` : `commit ${shortSha(wanted)}`} from ${access.url}.`;
        return {
          go: 'stop',
          draft: withCondition(draft, context.clock.timestamp(), 'SourceResolved', 'False', 'FetchingSource', message),
        };
      }
      case 'done':
        return { go: 'on', draft: resolved(context, draft, component, task.value.commit) };
      case 'failed':
        if (task.error instanceof GitFailure) return refused(context, draft, component, task.error);
        throw task.error;
    }
  },
};

function resolved(context: ReconcileContext, draft: Draft, component: Component, commit: string): Draft {
  const branchHead = component.commit === null ? commit : component.branchHead;
  const { environment } = draft;
  const withCommit: Draft = {
    ...draft,
    environment: { ...environment, spec: { ...environment.spec, components: [{ ...component, commit, branchHead }] } },
  };
  return withCondition(
    withCommit,
    context.clock.timestamp(),
    'SourceResolved',
    'True',
    'Done',
    `Deploying commit ${shortSha(commit)}.`,
  );
}

const FAILURE_REASONS: Record<GitFailureReason, FailureReason> = {
  unreachable: 'RepositoryUnreachable',
  timed_out: 'RepositoryUnreachable',
  failed: 'RepositoryUnreachable',
  file_too_large: 'RepositoryUnreachable',
  branch_moved: 'RepositoryUnreachable',
  push_refused: 'RepositoryUnreachable',
  moved: 'RepositoryMoved',
  authentication_refused: 'AuthenticationRefused',
  repository_not_found: 'RepositoryNotFound',
  not_allowed: 'RepositoryNotFound',
  branch_not_found: 'BranchNotFound',
  commit_gone: 'CommitGone',
  disk_full: 'DiskFull',
};

function refused(context: ReconcileContext, draft: Draft, component: Component, error: GitFailure): StepOutcome {
  const reason = FAILURE_REASONS[error.reason];
  const why = error.message === '' ? '' : `: ${error.message}`;
  switch (reason) {
    case 'RepositoryUnreachable': {
      const before = currentlyKnown(draft);
      const since =
        before?.reason === 'RetryingRepository' ? Date.parse(before.lastTransitionTime) : context.clock.now();
      const cause = `The repository ${component.repositoryUrl} can't be reached${why}`;
      if (before?.reason === 'RepositoryUnreachable' || context.clock.now() - since >= UNREACHABLE_AFTER_MS) {
        return failed(context, draft, reason, cause, RETRY_LATER_MS);
      }
      const retrying = withCondition(
        draft,
        context.clock.timestamp(),
        'SourceResolved',
        'False',
        'RetryingRepository',
        `${cause}. Trying again.`,
      );
      return { go: 'stop', draft: lookAgain(retrying, RETRY_SOON_MS) };
    }
    case 'BranchNotFound':
      return failed(
        context,
        draft,
        reason,
        `The repository ${component.repositoryUrl} has no branch ${component.branch}`,
        pollMs(context, component),
      );
    case 'CommitGone':
      return failed(
        context,
        draft,
        reason,
        `Commit ${shortSha(component.commit ?? '')} is not in ${component.repositoryUrl} any more${why}`,
        null,
      );
    case 'RepositoryMoved':
      return failed(context, draft, reason, `${component.repositoryUrl} has moved${why}`, RETRY_LATER_MS);
    case 'AuthenticationRefused':
      return failed(context, draft, reason, `${component.repositoryUrl} refused the sign-in${why}`, RETRY_LATER_MS);
    default:
      return failed(context, draft, reason, `${component.repositoryUrl} could not be fetched${why}`, RETRY_LATER_MS);
  }
}

/** What was seen of the source for the revision that is wanted now. */
function currentlyKnown({ environment }: Draft): Condition | null {
  const known = findCondition(environment.status.conditions, 'SourceResolved');
  return known?.observedRevision === environment.spec.revision ? known : null;
}

function pollMs({ settings }: ReconcileContext, component: Component): number {
  return component.repositoryUrl.startsWith('/') ? settings.pollLocalMs : settings.pollRemoteMs;
}

function failed(
  context: ReconcileContext,
  draft: Draft,
  reason: FailureReason,
  cause: string,
  retryMs: number | null,
): StepOutcome {
  const { message } = diagnose(reason, cause);
  const next = withCondition(draft, context.clock.timestamp(), 'SourceResolved', 'False', reason, message);
  return { go: 'stop', draft: retryMs === null ? next : lookAgain(next, retryMs) };
}
