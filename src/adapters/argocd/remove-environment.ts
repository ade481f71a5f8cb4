import type { EnvironmentKey, RemovalObservation } from '../../ports/environment-runtime.ts';
import type { ArgocdSettings } from './argocd-settings.ts';
import type { ClusterView } from './view/cluster-view.ts';
import type { ApplicationDelivery } from './delivery/application-delivery.ts';
import type { Application } from './kubernetes/argocd-objects.ts';
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, orAbsent } from './kubernetes/kubernetes-failure.ts';
import type { Namespace } from './kubernetes/objects.ts';
import { applications, namespaces } from './kubernetes/resources.ts';
import { isOwnedBy, REMOVING_ANNOTATION } from './objects/ownership.ts';
import { nothing } from './observe-environment.ts';
import { blockerOfApplication, blockerOfNamespace } from './observation/removal-blockers.ts';
import { projectOf, removeUnusedProjects } from './unused-projects.ts';

export interface RemovalParts {
  readonly client: KubernetesClient;
  readonly view: ClusterView;
  readonly delivery: ApplicationDelivery;
  readonly settings: ArgocdSettings;
  /** What was there when each removal began; by the name in Kubernetes. */
  readonly inventories: Map<string, readonly RemovedObject[]>;
}

export interface RemovedObject {
  readonly kind: string;
  readonly name: string;
}

const GUARDRAIL_KINDS = ['ResourceQuota', 'LimitRange', 'NetworkPolicy'];
const PROJECT = 'AppProject';
const INVENTORY_MAX = 300;

/**
 * Takes the next step of a removal: the Application with all that it deployed, then the namespace with all that is left
 * in it. Each is asked for by its UID, and gone only once the API server says that there is no such object.
 */
export async function removeEnvironment(
  parts: RemovalParts,
  key: EnvironmentKey,
  name: string,
): Promise<RemovalObservation> {
  const { client, view, delivery, settings, inventories } = parts;
  const owner = { installation: settings.installation, key };
  await view.ready();
  const namespace = await found<Namespace>(view.namespace(name), () => client.get(namespaces, { name }));
  const ownNamespace = namespace !== null && isOwnedBy(namespace, owner) ? namespace : null;
  const ref = { name, namespace: settings.argocdNamespace };
  const application = await found<Application>(view.application(name), () => client.get(applications, ref));
  const ownApplication = application !== null && isOwnedBy(application, owner) ? application : null;
  await takeInventory(parts, name, ownApplication, ownNamespace);
  const isForeign = application !== null && ownApplication === null;
  // Also where there is none: it may be asked for, and not have been made yet.
  const isFinal = isForeign || (await delivery.remove(name, ownApplication));
  if (ownApplication !== null) return removing(parts, blockerOfApplication(ownApplication));
  if (ownNamespace !== null) {
    if (ownNamespace.metadata.deletionTimestamp === undefined) await deleteNamespace(client, ownNamespace);
    return removing(parts, blockerOfNamespace(ownNamespace));
  }
  if (!isFinal)
    return removing(parts, 'Waiting for Argo CD to look at the GitOps repository, which has no file of it any more.');
  // It may have been made between the look above and what the delivery saw.
  if (!isForeign && (await orAbsent(client.get(applications, ref))) !== null)
    return removing(parts, 'Waiting for its Application to be gone.');
  const inventory = inventories.get(name) ?? [];
  const goneProjects = await removeUnusedProjects(parts, inventory.find(({ kind }) => kind === PROJECT)?.name);
  const verifiedGoneAt = new Date().toISOString();
  const removed = inventory
    .filter((object) => object.kind !== PROJECT || goneProjects.has(object.name))
    .map((object) => ({ ...object, verifiedGoneAt }));
  return { ...nothing(verifiedGoneAt), removed };
}

function removing({ view }: RemovalParts, blockedBy: string): RemovalObservation {
  return { ...nothing(view.observedAt()), presence: 'removing', health: 'Progressing', blockedBy, removed: [] };
}

/** What the view shows; where it shows nothing, the API server is asked: only its word makes a thing gone. */
async function found<T>(seen: T | null, ask: () => Promise<T>): Promise<T | null> {
  return seen ?? orAbsent(ask());
}

async function deleteNamespace(client: KubernetesClient, { metadata }: Namespace): Promise<void> {
  try {
    await orAbsent(client.delete(namespaces, { name: metadata.name }, { uid: metadata.uid }));
  } catch (error) {
    // It is looked at again, and asked again where it has to be.
    if (!isKubernetesFailure(error, 'conflict', 'unknown_outcome')) throw error;
  }
}

/** Kept on the namespace, which is the last to go, so that a restart does not lose it. */
async function takeInventory(
  { client, view, inventories }: RemovalParts,
  name: string,
  application: Application | null,
  namespace: Namespace | null,
): Promise<void> {
  if (inventories.has(name)) return;
  const kept = namespace === null ? null : inventoryOn(namespace);
  if (kept !== null) {
    inventories.set(name, kept);
    return;
  }
  if (application === null && namespace === null) return;
  const deployed = (application?.status?.resources ?? []).map(({ kind = '', name: of = '' }) => ({ kind, name: of }));
  const project = application?.spec.project ?? (namespace === null ? null : projectOf(namespace));
  const inventory = [
    ...deployed.slice(0, INVENTORY_MAX),
    ...(application === null ? [] : [{ kind: 'Application', name }]),
    ...(namespace === null ? [] : GUARDRAIL_KINDS.map((kind) => ({ kind, name: 'blueberry' }))),
    ...(namespace === null ? [] : [{ kind: 'Namespace', name }]),
    ...(project === null ? [] : [{ kind: PROJECT, name: project }]),
  ];
  inventories.set(name, inventory);
  if (namespace === null || namespace.metadata.deletionTimestamp !== undefined) return;
  const { uid, annotations } = namespace.metadata;
  try {
    const written = await client.patchJson(namespaces, { name }, [
      { op: 'test', path: '/metadata/uid', value: uid },
      {
        op: 'add',
        path: '/metadata/annotations',
        value: { ...annotations, [REMOVING_ANNOTATION]: JSON.stringify(inventory) },
      },
    ]);
    view.noteNamespace(written);
  } catch (error) {
    // The receipt of a removal that a restart interrupts says less then.
    if (!isKubernetesFailure(error)) throw error;
  }
}

function inventoryOn({ metadata }: Namespace): readonly RemovedObject[] | null {
  const text = metadata.annotations?.[REMOVING_ANNOTATION];
  if (text === undefined) return null;
  try {
    const read = JSON.parse(text) as unknown;
    if (!Array.isArray(read)) return null;
    return read.flatMap((entry: unknown) => (isRemovedObject(entry) ? [{ kind: entry.kind, name: entry.name }] : []));
  } catch {
    return null;
  }
}

function isRemovedObject(entry: unknown): entry is RemovedObject {
  if (typeof entry !== 'object' || entry === null) return false;
  const { kind, name } = entry as Partial<RemovedObject>;
  return typeof kind === 'string' && typeof name === 'string';
}
