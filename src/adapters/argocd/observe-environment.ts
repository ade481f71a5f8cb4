import type { HealthStatus } from '../../core/environment.ts';
import type { EnvironmentKey, RuntimeObservation, RuntimeProgress } from '../../ports/environment-runtime.ts';
import type { CloserLook, Insight } from './view/closer-look.ts';
import type { ClusterView } from './view/cluster-view.ts';
import type { Endpoint, Endpoints } from './traffic/endpoints.ts';
import type { Application } from './kubernetes/argocd-objects.ts';
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts';
import { isOwnedBy, revisionOf } from './objects/ownership.ts';
import { judgeEnvironment } from './observation/judge-environment.ts';
import { isToServe, type Traffic } from './traffic/traffic.ts';
import { resourcesOf } from './observation/resources.ts';
import { isVerified, verifiedOf, verify, withdraw } from './observation/verified.ts';

export interface ObservationParts {
  readonly client: KubernetesClient;
  readonly view: ClusterView;
  readonly closerLook: CloserLook;
  readonly endpoints: Endpoints;
  readonly traffic: Traffic;
  readonly installation: string;
}

type Serving = RuntimeObservation['serving'];

/** Everything that is seen of an environment now. What is well and has not changed costs no call. */
export async function observeEnvironment(
  parts: ObservationParts,
  key: EnvironmentKey,
  name: string,
  closely?: 'closely',
): Promise<RuntimeObservation> {
  const { view, installation } = parts;
  const owner = { installation, key };
  await view.ready();
  const observedAt = view.observedAt();
  const application = ours(view.application(name), owner);
  const namespace = ours(view.namespace(name), owner);
  if (application === null) {
    const isLeaving = namespace?.metadata.deletionTimestamp !== undefined;
    const presence = namespace === null ? 'absent' : isLeaving ? 'removing' : 'present';
    return { ...nothing(observedAt), presence };
  }
  const { progress, serving, insight } = await progressOf(parts, key, application);
  const detail = insight === null && closely !== undefined ? await parts.closerLook.into(name) : insight;
  return {
    observedAt,
    presence: application.metadata.deletionTimestamp === undefined ? 'present' : 'removing',
    revision: revisionOf(application),
    progress,
    serving,
    sync: application.status?.sync?.status ?? 'OutOfSync',
    health: healthOf(progress),
    resources: resourcesOf(application, progress, detail),
    blockedBy: null,
  };
}

/** What there is to say where nothing is. */
export function nothing(observedAt: string): RuntimeObservation {
  return {
    observedAt,
    presence: 'absent',
    revision: null,
    progress: null,
    serving: null,
    sync: 'Unknown',
    health: 'Missing',
    resources: [],
    blockedBy: null,
  };
}

function ours<T extends Parameters<typeof isOwnedBy>[0]>(
  object: T | null,
  owner: Parameters<typeof isOwnedBy>[1],
): T | null {
  return object !== null && isOwnedBy(object, owner) ? object : null;
}

interface Sight {
  readonly progress: RuntimeProgress;
  readonly serving: Serving;
  readonly insight: Insight | null;
}

async function progressOf(parts: ObservationParts, key: EnvironmentKey, application: Application): Promise<Sight> {
  const { view, closerLook, endpoints } = parts;
  const now = Date.now();
  const { name } = application.metadata;
  const quick = judgeEnvironment({ application, pods: null, events: [], now });
  const verified = isToServe(application) ? servingOf(verifiedOf(application)) : null;
  if (quick.step === 'settled' && verified !== null && isVerified(application))
    return { progress: { step: 'running' }, serving: verified, insight: null };
  if (quick.step === 'waiting' && isJustBegun(application, now)) {
    const isUntouched = application.status?.health?.status === 'Healthy';
    return { progress: quick, serving: isUntouched ? verified : null, insight: null };
  }
  const insight = await closerLook.into(name);
  const judged = judgeEnvironment({ application, ...insight, now });
  const found = isToServe(application) ? await endpoints.among(application, insight.pods) : [];
  const [endpoint] = found;
  const serving = servingOf(endpoint ?? null);
  if (judged.step === 'asleep') await forget(parts, application);
  if (judged.step !== 'settled') return { progress: judged, serving, insight };
  const progress = await probed(parts, key, application, endpoint ?? null);
  if (progress.step !== 'running') return { progress, serving: null, insight };
  const written = await verify(parts.client, application);
  if (written !== null) view.noteApplication(written);
  return { progress, serving, insight };
}

/** What sleeps serves nothing, also not in the first moments of waking. */
async function forget({ client, view }: ObservationParts, application: Application): Promise<void> {
  const written = await withdraw(client, application);
  if (written !== null) view.noteApplication(written);
}

/** For so long Argo CD is left to work before anybody looks at what comes of it. */
const JUST_BEGUN_MS = 5_000;

/** Whether nothing of the wanted revision can be there to be looked at: what is served then is as it was before. */
function isJustBegun(application: Application, now: number): boolean {
  const { operationState: operation, health } = application.status ?? {};
  const isEarly = operation !== undefined && now - Date.parse(operation.startedAt) < JUST_BEGUN_MS;
  switch (health?.status) {
    case undefined:
    case 'Missing':
      // What was never synced stands in Argo CD's queue, or nothing can be made of it.
      return operation === undefined || isEarly;
    case 'Progressing':
      return isEarly && verifiedOf(application) === null;
    case 'Healthy':
      return isEarly || operation?.phase !== 'Running';
    default:
      return false;
  }
}

/** What is settled runs once it answers. */
async function probed(
  { traffic }: ObservationParts,
  key: EnvironmentKey,
  application: Application,
  endpoint: Endpoint | null,
): Promise<RuntimeProgress> {
  const { creationTimestamp } = application.metadata;
  const since = application.status?.health?.lastTransitionTime ?? creationTimestamp;
  const waiting = (message: string): RuntimeProgress => ({ step: 'waiting', reason: 'ProbingUrl', message, since });
  if (!isToServe(application)) return waiting('Its time is over.');
  if (endpoint === null) return waiting('Waiting for a pod behind its Service.');
  if (endpoint.revision !== revisionOf(application)) return waiting('Waiting for the new revision behind its Service.');
  const fault = await traffic.probe(key, application, endpoint);
  return fault === null ? { step: 'running' } : waiting(`Waiting for the URL to answer: ${fault}.`);
}

function servingOf(version: { readonly revision: number; readonly commit: string } | null): Serving {
  return version === null ? null : { revision: version.revision, commit: version.commit };
}

function healthOf(progress: RuntimeProgress): HealthStatus {
  switch (progress.step) {
    case 'running':
      return 'Healthy';
    case 'asleep':
      return 'Suspended';
    case 'failed':
      return 'Degraded';
    case 'waiting':
      return 'Progressing';
  }
}
