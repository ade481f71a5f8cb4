import type { ArgocdSettings } from './argocd-settings.ts';
import type { ClusterView } from './view/cluster-view.ts';
import type { AppProject } from './kubernetes/argocd-objects.ts';
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, orAbsent } from './kubernetes/kubernetes-failure.ts';
import type { Namespace } from './kubernetes/objects.ts';
import { appProjects, namespaces, secrets } from './kubernetes/resources.ts';
import { INSTALLATION_LABEL, MANAGED_BY_LABEL, MANAGER, REPOSITORY_LABEL } from './objects/ownership.ts';
import { projectName } from './objects/project.ts';

export interface ProjectRemovalParts {
  readonly client: KubernetesClient;
  readonly view: ClusterView;
  readonly settings: ArgocdSettings;
}

/** What is younger may be for an environment whose namespace is being made. */
const YOUNG_MS = 10_000;

/**
 * Removes the projects that no environment is of any more: the one of an environment that has just gone, and those that
 * a removal which was cut off has left. A project is there for as long as its repository has environments.
 *
 * @param own name of the project of the environment that has gone, where that is known
 * @returns names of those that were seen gone
 */
export async function removeUnusedProjects(
  parts: ProjectRemovalParts,
  own: string | undefined,
): Promise<ReadonlySet<string>> {
  const used = new Set<string | null>();
  for (const { spec } of parts.view.applications()) used.add(spec.project);
  for (const namespace of parts.view.namespaces()) used.add(projectOf(namespace));
  const candidates = new Set(own === undefined ? [] : [own]);
  for (const { metadata } of parts.view.projects())
    if (Date.now() - Date.parse(metadata.creationTimestamp) > YOUNG_MS) candidates.add(metadata.name);
  const gone = new Set<string>();
  for (const name of candidates) if (!used.has(name) && (await removeProject(parts, name))) gone.add(name);
  return gone;
}

/** Name of the project that the Application in a namespace is of, or will be. */
export function projectOf({ metadata }: Namespace): string | null {
  const repositoryId = metadata.labels?.[REPOSITORY_LABEL];
  return repositoryId === undefined ? null : projectName(repositoryId);
}

const TRIES = 3;

/** True where it is seen gone. Fails with a `KubernetesFailure` where that is worth another try. */
async function removeProject(parts: ProjectRemovalParts, name: string, tries = 1): Promise<boolean> {
  const { client, settings } = parts;
  const ref = { name, namespace: settings.argocdNamespace };
  const project = await orAbsent(client.get(appProjects, ref));
  if (project === null) return true;
  const { labels, uid, resourceVersion } = project.metadata;
  if (labels?.[MANAGED_BY_LABEL] !== MANAGER || labels[INSTALLATION_LABEL] !== settings.installation) return false;
  if (await hasNamespaces(parts, project)) return false;
  try {
    await orAbsent(client.delete(appProjects, ref, { uid, resourceVersion }));
    // It has the name of the project, and what the credential was for is gone.
    const secret = await orAbsent(client.get(secrets, ref));
    if (secret?.metadata.labels?.[INSTALLATION_LABEL] === settings.installation)
      await orAbsent(client.delete(secrets, ref, { uid: secret.metadata.uid }));
    return (await orAbsent(client.get(appProjects, ref))) === null;
  } catch (error) {
    // It has changed since it was looked at: somebody may need it after all.
    if (isKubernetesFailure(error, 'conflict') && tries < TRIES) return removeProject(parts, name, tries + 1);
    // Nothing that another try would change.
    if (isKubernetesFailure(error, 'conflict', 'forbidden', 'invalid')) return false;
    throw error;
  }
}

/** By the word of the API server: what the view shows may be a moment old. */
async function hasNamespaces({ client }: ProjectRemovalParts, { metadata }: AppProject): Promise<boolean> {
  const labels = [INSTALLATION_LABEL, REPOSITORY_LABEL].map((label) => `${label}=${metadata.labels?.[label] ?? ''}`);
  const { items } = await client.list(namespaces, { labelSelector: labels.join(',') });
  return items.length > 0;
}
