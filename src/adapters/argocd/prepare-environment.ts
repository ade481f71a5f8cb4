import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/json.ts';
import { PULL_SECRET_NAME, SECRET_VARIABLES_NAME } from '../../core/workload-values.ts';
import type { DesiredComponent, DesiredEnvironment } from '../../ports/environment-runtime.ts';
import { applyOwned } from './objects/apply-owned.ts';
import type { ArgocdSettings } from './argocd-settings.ts';
import type { ClusterView } from './view/cluster-view.ts';
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts';
import { orAbsent } from './kubernetes/kubernetes-failure.ts';
import type { KubernetesObject, Namespace, NewObject, ObjectRef, Secret } from './kubernetes/objects.ts';
import {
  appProjects,
  limitRanges,
  namespaces,
  networkPolicies,
  resourceQuotas,
  secrets,
} from './kubernetes/resources.ts';
import { buildPullSecret, buildRepositorySecret, buildVariablesSecret } from './objects/secrets.ts';
import {
  buildLimitRange,
  buildNamespace,
  buildNetworkPolicy,
  buildResourceQuota,
  type GuardrailSettings,
} from './objects/guardrails.ts';
import {
  INSTALLATION_LABEL,
  isOwnedBy,
  PREPARED_ANNOTATION,
  REPOSITORY_LABEL,
  type Owner,
} from './objects/ownership.ts';
import { buildAppProject, projectName } from './objects/project.ts';

export interface PreparationParts {
  readonly client: KubernetesClient;
  readonly view: ClusterView;
  readonly settings: ArgocdSettings;
}

/** What was made anew, so that Argo CD has to look again by itself. */
export interface Preparation {
  readonly isNew: boolean;
  /** Takes down that all is there. Not waited for before the Application is made. */
  readonly stamp: () => Promise<void>;
}

/**
 * Makes what an Application needs before it is there: its namespace with the guardrails in it, its secret variables, and
 * the project of its repository. What was made for a revision is not looked at again.
 *
 * Null while the namespace of before is on its way out. Fails with `NotOurs` or a `KubernetesFailure`.
 */
export async function prepareEnvironment(
  parts: PreparationParts,
  name: string,
  owner: Owner,
  desired: DesiredEnvironment,
): Promise<Preparation | null> {
  const { client, view, settings } = parts;
  const [component] = desired.components;
  const stamp = stampOf(desired.revision, settings.guardrails);
  const project = ensureProject(parts, component.repositoryId, component.repositoryUrl);
  // Told to whoever waits for it below; until then nobody does.
  project.catch(() => undefined);
  const isOurs = (found: KubernetesObject): boolean => isOwnedBy(found, owner);
  const wanted = buildNamespace(name, owner, component.repositoryId);
  let namespace = view.namespace(name);
  const before = namespace?.metadata.annotations?.[PREPARED_ANNOTATION];
  const isNew = namespace === null;
  if (namespace?.metadata.deletionTimestamp !== undefined) return null;
  if (namespace === null || !hasLabels(namespace, wanted.metadata.labels ?? {})) {
    namespace = await applyOwned(client, { resource: namespaces, wanted, isOurs, fields: [] });
    view.noteNamespace(namespace);
  }
  if (before === stamp) return { isNew: await project, stamp: () => Promise.resolve() };
  await Promise.all([
    applyOwned(client, {
      resource: resourceQuotas,
      wanted: buildResourceQuota(name, owner, settings.guardrails),
      isOurs,
      fields: ['spec'],
    }),
    applyOwned(client, {
      resource: limitRanges,
      wanted: buildLimitRange(name, owner, settings.guardrails),
      isOurs,
      fields: ['spec'],
    }),
    applyOwned(client, {
      resource: networkPolicies,
      wanted: buildNetworkPolicy(name, owner, settings.guardrails),
      isOurs,
      fields: ['spec'],
    }),
    ensureSecrets(parts, name, owner, component, before !== undefined && before !== ''),
    project,
  ]);
  const found = namespace;
  return { isNew, stamp: () => takeDown(parts, found, stamp) };
}

function stampOf(revision: number, guardrails: GuardrailSettings): string {
  const digest = createHash('sha256').update(canonicalJson(guardrails)).digest('hex').slice(0, 12);
  return `${String(revision)}-${digest}`;
}

function hasLabels({ metadata }: Namespace, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value);
}

/** Once that is written, the namespace is not looked into again for this revision. Losing the race costs another look. */
async function takeDown({ client, view }: PreparationParts, namespace: Namespace, stamp: string): Promise<void> {
  const { name, uid, annotations } = namespace.metadata;
  const written = await client.patchJson(namespaces, { name }, [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'add', path: '/metadata/annotations', value: { ...annotations, [PREPARED_ANNOTATION]: stamp } },
  ]);
  view.noteNamespace(written);
}

async function ensureSecrets(
  { client, settings }: PreparationParts,
  namespace: string,
  owner: Owner,
  { repositoryId, repositoryUrl, repositoryFile, secretEnv, image, credentials }: DesiredComponent,
  mayBeThere: boolean,
): Promise<void> {
  const isOurs = (found: KubernetesObject): boolean => isOwnedBy(found, owner);
  const own: [string, NewObject<Secret> | null][] = [
    [SECRET_VARIABLES_NAME, buildVariablesSecret(namespace, owner, secretEnv)],
    [PULL_SECRET_NAME, buildPullSecret(namespace, owner, image, credentials.image)],
  ];
  for (const [name, wanted] of own) {
    if (wanted !== null) await applyOwned(client, { resource: secrets, wanted, isOurs, fields: ['data'] });
    else if (mayBeThere) await deleteOwn(client, { name, namespace }, isOurs);
  }
  if (!repositoryFile?.chart || credentials.repository === null) return;
  const repository = { id: repositoryId, url: repositoryUrl };
  const wanted = buildRepositorySecret(repository, credentials.repository, settings);
  await applyOwned(client, {
    resource: secrets,
    wanted,
    isOurs: isOfRepository(repositoryId, settings),
    fields: ['data'],
  });
}

async function deleteOwn(
  client: KubernetesClient,
  ref: ObjectRef,
  isOurs: (found: KubernetesObject) => boolean,
): Promise<void> {
  const found = await orAbsent(client.get(secrets, ref));
  if (found !== null && isOurs(found)) await orAbsent(client.delete(secrets, ref, { uid: found.metadata.uid }));
}

function isOfRepository(
  repositoryId: string,
  { installation }: Pick<ArgocdSettings, 'installation'>,
): (found: KubernetesObject) => boolean {
  return ({ metadata: { labels } }) =>
    labels?.[REPOSITORY_LABEL] === repositoryId && labels[INSTALLATION_LABEL] === installation;
}

/** True where it had to be made or changed. */
async function ensureProject(
  { client, view, settings }: PreparationParts,
  repositoryId: string,
  repositoryUrl: string,
): Promise<boolean> {
  const wanted = buildAppProject(
    { id: repositoryId, url: repositoryUrl },
    { ...settings, chartRepository: settings.workloadChart.repository },
  );
  const seen = view.project(projectName(repositoryId));
  if (seen !== null && seen.metadata.deletionTimestamp === undefined) {
    if (canonicalJson(seen.spec) === canonicalJson(wanted.spec)) return false;
  }
  const project = await applyOwned(client, {
    resource: appProjects,
    wanted,
    isOurs: isOfRepository(repositoryId, settings),
    fields: ['spec'],
  });
  view.noteProject(project);
  return true;
}
