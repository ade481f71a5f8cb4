import { shortSha } from '../../core/branch.ts';
import { diagnose } from '../../core/diagnosis.ts';
import { componentOf } from '../../core/environment.ts';
import { GitFailure } from '../../core/git-failure.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import type { RuntimeObservation } from '../../ports/environment-runtime.ts';
import type { MergedValues } from '../../core/values.ts';
import { put } from '../../services/unit-of-work.ts';
import { composeDeployment, desiredEnvironment, type DeploymentResult } from '../desired-environments.ts';
import {
  lookAgain,
  withCondition,
  type Draft,
  type ReconcileContext,
  type ReconcileStep,
} from '../reconcile-context.ts';
import { sightOf, unseen } from '../sight.ts';

/** Tells the runtime what is wanted, with the values of this revision, and takes down what it sees. */
export const deploy: ReconcileStep = {
  name: 'deploy',
  async run(context, draft) {
    const { metadata, spec } = draft.environment;
    const { commit } = componentOf(draft.environment);
    if (commit === null) return { go: 'stop', draft };
    const key = { id: metadata.id, name: metadata.name };
    const seen = await sightOf(context, key.id, () => context.runtime.observe(key));
    if (seen === null) return { go: 'stop', draft: unseen(context, draft) };
    if (isSettledAsleep(draft, seen)) return { go: 'on', draft: { ...draft, observation: seen } };
    const valuesId = `${metadata.id}:${String(spec.revision)}`;
    const stored = await context.store.get(EVERYTHING, 'effective_values', valuesId);
    const kept =
      stored?.record.commit === commit ? { values: stored.record.values, origins: stored.record.origins } : null;
    const composed = await compose(context, draft, commit, kept);
    if (composed === 'source lost') return { go: 'stop', draft: fetchAgain(context, draft, commit) };
    if (composed.deployment === null) {
      const { reason, message } = composed.diagnosis;
      return {
        go: 'stop',
        draft: withCondition(draft, context.clock.timestamp(), 'Deployed', 'False', reason, message),
      };
    }
    const desired = desiredEnvironment(draft.environment, commit, composed.deployment);
    const observation = await sightOf(context, key.id, () => context.runtime.ensure(desired));
    if (observation === null) return { go: 'stop', draft: unseen(context, draft) };
    if (kept) return { go: 'on', draft: { ...draft, observation } };
    const values = put('effective_values', valuesId, {
      ...composed.deployment.merged,
      environmentId: metadata.id,
      revision: spec.revision,
      commit,
      createdAt: context.clock.timestamp(),
    });
    return { go: 'on', draft: { ...draft, observation, writes: [...draft.writes, values] } };
  },
};

/** What sleeps as wanted needs nothing, and after a restart a thousand of them must not cost a thousand reads of Git. */
function isSettledAsleep({ environment }: Draft, seen: RuntimeObservation): boolean {
  const { metadata, spec, status } = environment;
  return (
    spec.asleep &&
    seen.progress?.step === 'asleep' &&
    seen.revision === spec.revision &&
    status.observedGeneration === metadata.generation
  );
}

async function compose(
  context: ReconcileContext,
  draft: Draft,
  commit: string,
  kept: MergedValues | null,
): Promise<DeploymentResult | 'source lost'> {
  const { metadata, spec } = draft.environment;
  const cached = context.deployments.get(metadata.id);
  if (cached?.revision === spec.revision && cached.commit === commit)
    return { deployment: cached.deployment, diagnosis: null };
  try {
    const composed = await composeDeployment(context, draft.environment, commit, kept);
    if (composed.deployment)
      context.deployments.set(metadata.id, { revision: spec.revision, commit, deployment: composed.deployment });
    return composed;
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const attempt = `${metadata.id}:${String(spec.revision)}`;
    if (error.reason !== 'disk_full' && !context.refetched.has(attempt)) {
      context.refetched.add(attempt);
      return 'source lost';
    }
    const reason =
      error.reason === 'disk_full' ? 'DiskFull' : error.reason === 'commit_gone' ? 'CommitGone' : 'RuntimeFailed';
    return { deployment: null, diagnosis: diagnose(reason, `The commit could not be read: ${error.message}`) };
  }
}

/** What was fetched is kept in a folder that people may remove: the source is then as if it had never been resolved. */
function fetchAgain({ clock }: ReconcileContext, draft: Draft, commit: string): Draft {
  const message = `Fetching commit ${shortSha(commit)} again.`;
  return lookAgain(withCondition(draft, clock.timestamp(), 'SourceResolved', 'Unknown', 'FetchingSource', message), 1);
}
