import { componentOf, type Environment } from '../../core/environment.ts';
import { withSpec } from '../../core/environment-intent.ts';
import { canonicalJson, type JsonObject } from '../../core/json.ts';
import { SYSTEM_ACTOR } from '../../core/permissions.ts';
import type { RuntimeObservation } from '../../ports/environment-runtime.ts';
import type { Write } from '../../ports/environment-store.ts';
import { timelineWrite } from '../../services/timeline.ts';
import { put, replaceEnvironment } from '../../services/unit-of-work.ts';
import type { Deployment } from '../deployment.ts';
import { constantsOf, desiredEnvironment } from '../desired-environments.ts';
import {
  withCondition,
  withStatus,
  type Draft,
  type ReconcileContext,
  type ReconcileStep,
  type StepOutcome,
} from '../reconcile-context.ts';
import { deploymentOf, effectiveValuesId, fetchAgain, keptValues } from '../revision-deployment.ts';
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
    const composed = await deploymentOf(context, draft.environment, commit);
    if (composed === 'source lost') return { go: 'stop', draft: fetchAgain(context, draft, commit) };
    const { deployment } = composed;
    if (deployment === null) {
      const { reason, message } = composed.diagnosis;
      return {
        go: 'stop',
        draft: withCondition(draft, context.clock.timestamp(), 'Deployed', 'False', reason, message),
      };
    }
    const canSleep = knowsHowToSleep(context, deployment);
    if (spec.asleep && !canSleep) return woken(context, draft);
    const constants = constantsOf(context, draft.environment, deployment);
    const desired = desiredEnvironment(draft.environment, commit, deployment, constants);
    const observation = await sightOf(context, key.id, () => context.runtime.ensure(desired));
    if (observation === null) return { go: 'stop', draft: unseen(context, draft) };
    const writes = await effectiveValuesWrites(context, draft.environment, commit, deployment, constants);
    const deployed = withStatus(draft, { canSleep });
    return { go: 'on', draft: { ...deployed, observation, writes: [...deployed.writes, ...writes] } };
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

/** Only a chart of the repository's own may not: it sleeps by the values that its `blueberry.yaml` names. */
function knowsHowToSleep({ images }: ReconcileContext, { repositoryFile }: Deployment): boolean {
  return images === null || repositoryFile?.chart?.sleepValues !== null;
}

/** A commit that can't sleep takes the place of one that could. */
function woken({ clock, identifiers }: ReconcileContext, { read, environment }: Draft): StepOutcome {
  const now = clock.timestamp();
  const awake = withSpec(environment, { asleep: false }, now);
  const known = { ...awake, status: { ...awake.status, canSleep: false } };
  const plan = replaceEnvironment(read, known);
  const line = timelineWrite(identifiers, SYSTEM_ACTOR, known, now, {
    type: 'intent',
    reason: 'Woken',
    message: 'The chart of this commit does not say how it sleeps (chart.sleep_values in blueberry.yaml).',
  });
  return { go: 'commit', plan: { ...plan, writes: [...plan.writes, line] } };
}

/** Takes down the values that the runtime was given, for people to see and to be kept, unless they stand there already. */
async function effectiveValuesWrites(
  context: ReconcileContext,
  environment: Environment,
  commit: string,
  { merged, repositoryFileText }: Deployment,
  constants: JsonObject | null,
): Promise<readonly Write[]> {
  const kept = await keptValues(context, environment, commit);
  // Within one revision only the constants change: it falls asleep, and wakes.
  const isKept = kept !== null && kept.repositoryFileText !== undefined;
  if (isKept && canonicalJson(kept.constants) === canonicalJson(constants)) return [];
  const record = {
    ...merged,
    constants,
    repositoryFileText,
    environmentId: environment.metadata.id,
    revision: environment.spec.revision,
    commit,
    createdAt: context.clock.timestamp(),
  };
  return [put('effective_values', effectiveValuesId(environment), record)];
}
