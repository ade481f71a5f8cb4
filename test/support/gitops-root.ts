import { repositoryFile } from '../../scripts/chart-documentation.ts';
import { helm } from '../../scripts/helm.ts';
import { createRootApplication } from '../../src/adapters/argocd/delivery/root-application.ts';
import type { Application, AppProject } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { isKubernetesFailure } from '../../src/adapters/argocd/kubernetes/kubernetes-failure.ts';
import type { KubernetesObject, NewObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { applications, appProjects, type Resource } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { parseManifests } from './manifests.ts';

/** The Application that makes Applications of the files in a GitOps repository. */
export interface GitOpsRoot {
  readonly name: string;
  /** Has Argo CD look at the repository, as a webhook of the Git server does. */
  refresh(): Promise<unknown>;
  remove(): Promise<void>;
}

/** As the chart `gitops/platform` has it, but under a name of its own, so that there can be several. */
export async function installGitOpsRoot(client: KubernetesClient, name: string, url: string): Promise<GitOpsRoot> {
  const answer = await helm([
    ...['template', 'platform', repositoryFile('gitops/platform'), '--namespace', 'argocd'],
    ...['--set', `repository.url=${url}`],
  ]);
  if (!answer.ok) throw new Error(answer.message);
  const manifests = parseManifests(answer.output.replaceAll('blueberry-environments', name)) as unknown[];
  const project = manifests.find(isOfKind<AppProject>('AppProject'));
  const application = manifests.find(isOfKind<Application>('Application'));
  if (project === undefined || application === undefined) throw new Error('The chart has changed.');
  await client.create(appProjects, project);
  await client.create(applications, application);
  return {
    name,
    refresh: () => createRootApplication(client, { name, namespace: 'argocd' }).refresh(),
    async remove() {
      const kinds: readonly Resource<KubernetesObject>[] = [applications, appProjects];
      for (const resource of kinds) {
        const ref = { name, namespace: 'argocd' };
        try {
          const { metadata } = await client.get(resource, ref);
          await client.delete(resource, ref, { uid: metadata.uid });
        } catch (error) {
          if (!isKubernetesFailure(error, 'not_found')) throw error;
        }
      }
    },
  };
}

function isOfKind<T extends Application | AppProject>(kind: string): (manifest: unknown) => manifest is NewObject<T> {
  return (manifest): manifest is NewObject<T> => (manifest as { kind: string }).kind === kind;
}
