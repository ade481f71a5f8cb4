import { diagnose, type FailureReason } from '../../core/diagnosis.ts';
import { GitFailure, type GitFailureReason } from '../../core/git-failure.ts';
import { chartFolder } from '../../core/repository-file.ts';
import type { DesiredEnvironment, RuntimeObservation, RuntimeProgress } from '../../ports/environment-runtime.ts';
import { NotOurs } from './objects/not-ours.ts';
import type { Application } from './kubernetes/argocd-objects.ts';
import type { ApplicationDelivery } from './delivery/application-delivery.ts';
import { specText } from './delivery/application-changes.ts';
import { endOutdatedSync } from './delivery/end-outdated-sync.ts';
import { requestSync } from './delivery/request-sync.ts';
import type { NewObject } from './kubernetes/objects.ts';
import { KubernetesFailure } from './kubernetes/kubernetes-failure.ts';
import type { ApplicationInput } from './manifest/application-input.ts';
import type { ApplicationTemplate } from './manifest/application-template.ts';
import { TemplateFailure } from './manifest/template-failure.ts';
import { isOwnedBy, revisionOf, type Owner } from './objects/ownership.ts';
import { projectName } from './objects/project.ts';
import { observeEnvironment, type ObservationParts } from './observe-environment.ts';
import { prepareEnvironment, type PreparationParts } from './prepare-environment.ts';

export interface EnsureParts extends PreparationParts, ObservationParts {
  readonly template: ApplicationTemplate;
  readonly delivery: ApplicationDelivery;
}

/** Makes the cluster be as wanted as far as that is Blueberry's to do; the rest is Argo CD's. */
export async function ensureEnvironment(
  parts: EnsureParts,
  desired: DesiredEnvironment,
  name: string,
): Promise<RuntimeObservation> {
  const { key } = desired;
  let obstacle: RuntimeProgress | null;
  try {
    await parts.view.ready();
    obstacle = await put(parts, desired, name);
  } catch (error) {
    obstacle = obstacleOf(error);
    if (obstacle === null) throw error;
  }
  const seen = await observeEnvironment(parts, key, name);
  if (obstacle !== null)
    return { ...seen, presence: 'present', revision: desired.revision, progress: obstacle, health: healthOf(obstacle) };
  if (seen.revision !== null) return seen;
  const madeAt = parts.view.namespace(name)?.metadata.creationTimestamp;
  const asked = waiting('Waiting for Argo CD to make the Application.', madeAt);
  return { ...seen, presence: 'present', revision: desired.revision, progress: asked, health: 'Progressing' };
}

/** Null where nothing stands in the way. */
async function put(parts: EnsureParts, desired: DesiredEnvironment, name: string): Promise<RuntimeProgress | null> {
  const { view, settings, delivery, template, client } = parts;
  const owner = { installation: settings.installation, key: desired.key };
  const wanted = template.render(inputOf(parts, desired, name, owner));
  const seen = view.application(name);
  if (seen !== null && !isOwnedBy(seen, owner)) throw new NotOurs(`Application ${settings.argocdNamespace}/${name}`);
  if (seen?.metadata.deletionTimestamp !== undefined)
    return waiting(
      'Its Application was deleted by somebody else. It is made anew once what it deployed is gone.',
      seen.metadata.deletionTimestamp,
    );
  const preparation = await prepareEnvironment(parts, name, owner, desired);
  if (preparation === null)
    return waiting(
      'Its namespace was deleted by somebody else. It is made anew once it is gone.',
      view.namespace(name)?.metadata.deletionTimestamp,
    );
  const [stored] = await Promise.all([delivery.put(wanted, seen), preparation.stamp()]);
  if (stored !== null) view.noteApplication(stored);
  const current = stored ?? seen;
  if (current !== null) await endOutdatedSync(client, current);
  if (seen !== null && (preparation.isNew || isSameAgain(seen, wanted))) await requestSync(client, stored ?? seen);
  return null;
}

/** A chart of the repository's own need not hear of a revision: nothing in the spec has Argo CD try again what failed. */
function isSameAgain(seen: Application, wanted: NewObject<Application>): boolean {
  const phase = seen.status?.operationState?.phase;
  const isOther = revisionOf(seen) !== revisionOf(wanted);
  return isOther && (phase === 'Failed' || phase === 'Error') && specText(seen.spec) === specText(wanted.spec);
}

function inputOf(
  { settings }: EnsureParts,
  { revision, asleep, expiresAt, components: [component] }: DesiredEnvironment,
  name: string,
  owner: Owner,
): ApplicationInput {
  const { argocdNamespace, destinationServer, workloadChart } = settings;
  const own = component.repositoryFile?.chart ?? null;
  return {
    owner,
    name,
    argocdNamespace,
    destinationServer,
    project: projectName(component.repositoryId),
    chart:
      own === null
        ? workloadChart
        : {
            repository: component.repositoryUrl,
            path: chartFolder(own, component.path) || '.',
            revision: component.commit,
          },
    values: own === null ? withHealth(component) : component.values,
    revision,
    asleep,
    expiresAt,
    commit: component.commit,
    healthPath: component.repositoryFile?.health?.path ?? null,
    service: own === null ? { name, port: 80 } : { name: own.service ?? name, port: own.port },
    image: component.image,
    isOwnChart: own !== null,
  };
}

/** The workload chart is probed at the path that `blueberry.yaml` names, unless the values say otherwise. */
function withHealth({ values, repositoryFile }: DesiredEnvironment['components'][0]): typeof values {
  const path = repositoryFile?.health?.path;
  if (path === undefined) return values;
  const probe = values['probe'];
  const said = typeof probe === 'object' && probe !== null && !Array.isArray(probe) ? probe : {};
  return { ...values, probe: { path, ...said } };
}

function waiting(message: string, since = new Date().toISOString()): RuntimeProgress {
  return { step: 'waiting', reason: 'Deploying', message, since };
}

function healthOf(progress: RuntimeProgress): 'Degraded' | 'Progressing' {
  return progress.step === 'failed' ? 'Degraded' : 'Progressing';
}

const PASSING_GIT_FAILURES: readonly GitFailureReason[] = ['unreachable', 'timed_out', 'branch_moved', 'failed'];

/** What no waiting will mend, as people read it; null for what is tried again. */
function obstacleOf(error: unknown): RuntimeProgress | null {
  const failed = (reason: FailureReason, cause: string): RuntimeProgress => ({
    step: 'failed',
    diagnosis: diagnose(reason, cause),
  });
  if (error instanceof NotOurs) return failed('NameTaken', error.message);
  if (error instanceof TemplateFailure) return failed('RuntimeFailed', error.message);
  if (error instanceof GitFailure) {
    const cause = `The GitOps repository does not take the Application: ${error.message}`;
    return PASSING_GIT_FAILURES.includes(error.reason)
      ? waiting(`${cause}. It is tried again.`)
      : failed('ClusterRefused', cause);
  }
  if (!(error instanceof KubernetesFailure)) return null;
  const isLeaving = error.causes.some(({ reason }) => reason === 'NamespaceTerminating');
  if (isLeaving) return waiting('Its namespace is being deleted. It is made anew once it is gone.');
  const isFinal = ['forbidden', 'unauthorized', 'invalid', 'not_served', 'misconfigured'].includes(error.kind);
  return isFinal ? failed('ClusterRefused', error.message) : null;
}
