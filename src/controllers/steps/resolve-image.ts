import { findCondition, type Condition } from '../../core/condition.ts';
import { diagnose, type ConditionReason, type FailureReason } from '../../core/diagnosis.ts';
import { componentOf, type Component, type Environment } from '../../core/environment.ts';
import type { ImageFailure } from '../../core/image-failure.ts';
import {
  fillImageTemplate,
  formatImageReference,
  pinnedImage,
  type ImageReference,
} from '../../core/image-reference.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import { needsImage } from '../../core/workload-values.ts';
import { imageCredentialOf } from '../../services/repository-credentials.ts';
import type { ImageAnswer } from '../image-lookups.ts';
import {
  lookAgain,
  withCondition,
  withStatus,
  type Draft,
  type ReconcileContext,
  type ReconcileStep,
  type StepOutcome,
} from '../reconcile-context.ts';
import { deploymentOf, fetchAgain } from '../revision-deployment.ts';
import { sightOf, unseen } from '../sight.ts';

const LOOK_AGAIN_MS = 30_000;
/** Some registries refuse everybody until the first push has made the repository. */
const REFUSED_AFTER_MS = 60_000;
const AT_ONCE_MS = 1;
const SHOWN_DIGEST_LENGTH = 'sha256:'.length + 12;

/**
 * Finds out which image the wanted revision runs, and pins it by its digest. Until CI has pushed it, what runs is left
 * alone. The pin is written down before anything is deployed with it, so a crash in between can't deploy another one.
 */
export const resolveImage: ReconcileStep = {
  name: 'resolve-image',
  async run(context, draft) {
    const { environment } = draft;
    const { metadata, spec } = environment;
    const component = componentOf(environment);
    const { commit, branch } = component;
    if (context.imageLookups === null || commit === null || isResolved(environment)) return { go: 'on', draft };
    const composed = await deploymentOf(context, environment, commit);
    if (composed === 'source lost') return { go: 'stop', draft: fetchAgain(context, draft, commit) };
    const { deployment } = composed;
    const repository = await context.store.get(EVERYTHING, 'repository', component.repositoryId);
    // What is wrong with the commit or the repository is told by the step that deploys them.
    if (deployment === null || repository === null) return { go: 'on', draft };
    const template = repository.record.image;
    if (template === null) {
      if (!needsImage(deployment.repositoryFile?.chart ?? null)) return { go: 'on', draft };
      return failed(
        context,
        draft,
        'NoImage',
        `The repository ${repository.record.name} does not say which image it is`,
      );
    }
    const { reference, fault } = fillImageTemplate(template, { commit, branch });
    if (reference === null) {
      return failed(context, draft, 'NoImage', `The image of the repository ${repository.record.name} ${fault}`);
    }
    const { answer, againInMs } = await context.imageLookups.ask(metadata.id, {
      revision: spec.revision,
      reference,
      credential: await imageCredentialOf(context.cipher, repository),
      waitedMs: waitedMs(context, environment),
    });
    if (answer.kind === 'found')
      return pinned(context, draft, { ...component, image: template }, reference, answer.digest);
    // What is known stands until something else is: asking again is no news.
    if (answer.kind === 'asking' && deployedCondition(environment) !== null) return { go: 'stop', draft };
    const { reason, message } = judge(context, environment, formatImageReference(reference), answer);
    const untilLateMs = context.settings.deployDeadlineMs - waitedMs(context, environment);
    const inTime = untilLateMs > 0 ? lookAgain(draft, untilLateMs) : draft;
    return held(context, inTime, reason, message, againInMs);
  },
};

/** What runs has its image, or needs none. */
function isResolved(environment: Environment): boolean {
  if (componentOf(environment).pinnedImage !== null) return true;
  return deployedCondition(environment)?.status === 'True';
}

/** What was seen of the revision that is wanted now. */
function deployedCondition({ spec, status }: Environment): Condition | null {
  const known = findCondition(status.conditions, 'Deployed');
  return known?.observedRevision === spec.revision ? known : null;
}

function waitedMs({ clock }: ReconcileContext, { spec }: Environment): number {
  return clock.now() - Date.parse(spec.revisedAt);
}

function pinned(
  context: ReconcileContext,
  draft: Draft,
  component: Component,
  reference: ImageReference,
  digest: string,
): StepOutcome {
  const { environment } = draft;
  const components = [{ ...component, pinnedImage: pinnedImage(reference, digest) }] as const;
  const withImage: Draft = { ...draft, environment: { ...environment, spec: { ...environment.spec, components } } };
  const message = `Deploying ${formatImageReference(reference)}, which is ${digest.slice(0, SHOWN_DIGEST_LENGTH)}.`;
  const now = context.clock.timestamp();
  return {
    go: 'stop',
    draft: lookAgain(withCondition(withImage, now, 'Deployed', 'False', 'Deploying', message), AT_ONCE_MS),
  };
}

interface Judgement {
  readonly reason: ConditionReason;
  readonly message: string;
}

/** Whether it is still to be waited for. A deadline that has passed is not the end: the image may still come. */
function judge(
  context: ReconcileContext,
  environment: Environment,
  image: string,
  answer: Exclude<ImageAnswer, { kind: 'found' }>,
): Judgement {
  const { deployDeadlineMs } = context.settings;
  const late = waitedMs(context, environment) >= deployDeadlineMs;
  switch (answer.kind) {
    case 'asking':
      return { reason: 'LookingForImage', message: `Looking for ${image}.` };
    case 'absent': {
      if (!late) return { reason: 'WaitingForImage', message: `Waiting for ${image} to be pushed.` };
      const minutes = String(Math.round(deployDeadlineMs / 60_000));
      return diagnose('ImageNeverPushed', `${image} was not pushed within ${minutes} minutes`);
    }
    case 'failed': {
      const cause = `${image} can't be looked up: ${answer.failure.message}`;
      const reason = failureReason(answer.failure, waitedMs(context, environment), late);
      return reason === null
        ? { reason: 'RetryingRegistry', message: `${cause}. Trying again.` }
        : diagnose(reason, cause);
    }
  }
}

/** Null while it may be a passing trouble. */
function failureReason({ reason }: ImageFailure, waited: number, late: boolean): FailureReason | null {
  switch (reason) {
    case 'not_allowed':
      return 'RegistryNotAllowed';
    case 'unauthorized':
    case 'forbidden':
      return waited >= REFUSED_AFTER_MS ? 'RegistryRefused' : null;
    case 'rate_limited':
    case 'unreachable':
    case 'timed_out':
    case 'invalid_answer':
    case 'called_off':
      return late ? 'RegistryUnreachable' : null;
  }
}

function failed(context: ReconcileContext, draft: Draft, reason: FailureReason, cause: string): Promise<StepOutcome> {
  return held(context, draft, reason, diagnose(reason, cause).message, LOOK_AGAIN_MS);
}

/** Nothing is deployed, and what is seen of the revision before goes on being shown as it is. */
async function held(
  context: ReconcileContext,
  draft: Draft,
  reason: ConditionReason,
  message: string,
  againInMs: number | null,
): Promise<StepOutcome> {
  const { id, name } = draft.environment.metadata;
  const seen = await sightOf(context, id, () => context.runtime.observe({ id, name }));
  const sight =
    seen === null
      ? unseen(context, draft)
      : withStatus(draft, { sync: seen.sync, health: seen.health, serving: seen.serving });
  const told = withCondition(sight, context.clock.timestamp(), 'Deployed', 'False', reason, message);
  return { go: 'stop', draft: againInMs === null ? told : lookAgain(told, againInMs) };
}
