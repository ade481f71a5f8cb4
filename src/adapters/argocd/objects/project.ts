import type { AppProject, GroupKind } from '../kubernetes/argocd-objects.ts';
import type { NewObject } from '../kubernetes/objects.ts';
import { INSTALLATION_LABEL, MANAGED_BY_LABEL, MANAGER, REPOSITORY_LABEL } from './ownership.ts';

export interface ProjectSettings {
  readonly installation: string;
  /** Namespace of Argo CD, which its projects are in. */
  readonly argocdNamespace: string;
  /** The cluster that environments run in, as Argo CD knows it. */
  readonly destinationServer: string;
  /** Where the workload chart is. */
  readonly chartRepository: string;
}

/** What Blueberry decides for an environment, no chart may: its limits, its network, its URL, and who may do what. */
const FORBIDDEN_KINDS: readonly GroupKind[] = [
  { group: '', kind: 'ResourceQuota' },
  { group: '', kind: 'LimitRange' },
  // With addresses of its own choice behind a Service, an environment could have the gateway reach what it may not itself.
  { group: '', kind: 'Endpoints' },
  { group: 'discovery.k8s.io', kind: '*' },
  { group: 'networking.k8s.io', kind: '*' },
  { group: 'gateway.networking.k8s.io', kind: '*' },
  { group: 'rbac.authorization.k8s.io', kind: '*' },
  { group: 'argoproj.io', kind: '*' },
];

/** Name of the project of a repository's environments. */
export function projectName(repositoryId: string): string {
  return `blueberry-${repositoryId.replace(/^[a-z]+_/, '').toLowerCase()}`;
}

/**
 * What the environments of one repository may deploy, and where to: their own chart or the workload chart, into namespaces
 * of environments, and nothing that belongs to the whole cluster.
 */
export function buildAppProject(
  repository: { readonly id: string; readonly url: string },
  { installation, argocdNamespace, destinationServer, chartRepository }: ProjectSettings,
): NewObject<AppProject> {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {
      name: projectName(repository.id),
      namespace: argocdNamespace,
      labels: { [MANAGED_BY_LABEL]: MANAGER, [INSTALLATION_LABEL]: installation, [REPOSITORY_LABEL]: repository.id },
    },
    spec: {
      description: `Environments of ${repository.url}`,
      sourceRepos: [...new Set([chartRepository, repository.url])],
      destinations: [{ server: destinationServer, namespace: 'env-*' }],
      clusterResourceWhitelist: [],
      namespaceResourceBlacklist: FORBIDDEN_KINDS,
    },
  };
}
