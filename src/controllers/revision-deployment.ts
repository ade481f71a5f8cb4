import { shortSha } from '../core/branch.ts';
import { diagnose } from '../core/diagnosis.ts';
import type { Environment } from '../core/environment.ts';
import { GitFailure } from '../core/git-failure.ts';
import { EVERYTHING } from '../core/permissions.ts';
import type { EffectiveValues } from '../core/records.ts';
import { composeDeployment, type DeploymentResult } from './desired-environments.ts';
import { lookAgain, withCondition, type Draft, type ReconcileContext } from './reconcile-context.ts';

export function effectiveValuesId({ metadata, spec }: Environment): string {
  return `${metadata.id}:${String(spec.revision)}`;
}

/** The values that the wanted revision was given when it was first put in place; null before that. */
export async function keptValues(
  { store }: Pick<ReconcileContext, 'store'>,
  environment: Environment,
  commit: string,
): Promise<EffectiveValues | null> {
  const stored = await store.get(EVERYTHING, 'effective_values', effectiveValuesId(environment));
  return stored?.record.commit === commit ? stored.record : null;
}

/** What is to be deployed of the wanted revision: read and merged once, then remembered. */
export async function deploymentOf(
  context: ReconcileContext,
  environment: Environment,
  commit: string,
): Promise<DeploymentResult | 'source lost'> {
  const { metadata, spec } = environment;
  const cached = context.deployments.get(metadata.id);
  if (cached?.revision === spec.revision && cached.commit === commit)
    return { deployment: cached.deployment, diagnosis: null };
  try {
    const kept = await keptValues(context, environment, commit);
    const composed = await composeDeployment(context, environment, commit, kept);
    if (composed.deployment)
      context.deployments.set(metadata.id, { revision: spec.revision, commit, deployment: composed.deployment });
    return composed;
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const attempt = effectiveValuesId(environment);
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
export function fetchAgain({ clock }: ReconcileContext, draft: Draft, commit: string): Draft {
  const message = `Fetching commit ${shortSha(commit)} again.`;
  return lookAgain(withCondition(draft, clock.timestamp(), 'SourceResolved', 'Unknown', 'FetchingSource', message), 1);
}
