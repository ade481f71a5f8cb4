import type { AccessQuestion } from './kubernetes/kubernetes-client.ts';

/** Where something has to be allowed: in every namespace, in that of Argo CD, or in Blueberry's own. */
export type RightsScope = 'cluster' | 'argocd' | 'own';

export interface RequiredRight {
  readonly scope: RightsScope;
  readonly group: string;
  /** As RBAC has it: with its subresource behind a slash. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

const WORK = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

/** All that Blueberry has to be allowed; `deploy/rbac.yaml` grants exactly this. */
export const REQUIRED_RIGHTS: readonly RequiredRight[] = [
  { scope: 'cluster', group: '', resource: 'namespaces', verbs: WORK },
  { scope: 'cluster', group: '', resource: 'resourcequotas', verbs: ['get', 'create', 'patch'] },
  { scope: 'cluster', group: '', resource: 'limitranges', verbs: ['get', 'create', 'patch'] },
  { scope: 'cluster', group: 'networking.k8s.io', resource: 'networkpolicies', verbs: ['get', 'create', 'patch'] },
  { scope: 'cluster', group: '', resource: 'secrets', verbs: ['get', 'create', 'patch', 'delete'] },
  { scope: 'cluster', group: '', resource: 'pods', verbs: ['list'] },
  { scope: 'cluster', group: '', resource: 'events', verbs: ['list'] },
  { scope: 'cluster', group: '', resource: 'services', verbs: ['get'] },
  { scope: 'cluster', group: '', resource: 'pods/log', verbs: ['get'] },
  { scope: 'cluster', group: '', resource: 'pods/portforward', verbs: ['get', 'create'] },
  { scope: 'argocd', group: 'argoproj.io', resource: 'applications', verbs: WORK },
  { scope: 'argocd', group: 'argoproj.io', resource: 'appprojects', verbs: WORK },
  { scope: 'own', group: 'coordination.k8s.io', resource: 'leases', verbs: ['get', 'create', 'patch'] },
];

/** Each right as a question of its own. */
export function questionsOf(
  { group, resource, verbs, scope }: RequiredRight,
  namespaces: Readonly<Record<Exclude<RightsScope, 'cluster'>, string>>,
): readonly AccessQuestion[] {
  const [name = resource, subresource] = resource.split('/');
  return verbs.map((verb) => ({
    verb,
    group,
    resource: name,
    ...(subresource === undefined ? {} : { subresource }),
    ...(scope === 'cluster' ? {} : { namespace: namespaces[scope] }),
  }));
}
