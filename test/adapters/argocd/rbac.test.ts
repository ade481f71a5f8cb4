import { expect, it } from 'vitest';
import { REQUIRED_RIGHTS, type RightsScope } from '../../../src/adapters/argocd/required-rights.ts';
import { readRbac } from '../../support/blueberry-account.ts';

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

const SCOPES: Readonly<Record<string, RightsScope>> = {
  'blueberry-environments': 'cluster',
  'blueberry-applications': 'argocd',
  'blueberry-leader': 'own',
};

it('deploy/rbac.yaml grants what the check of the cluster asks for, and nothing else', async () => {
  const roles = (await readRbac()) as readonly Role[];
  const granted = roles.flatMap(({ metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      resources.map((resource) => [SCOPES[metadata.name], apiGroups.join(), resource, [...verbs].sort()]),
    ),
  );
  const required = REQUIRED_RIGHTS.map(({ scope, group, resource, verbs }) => [
    scope,
    group,
    resource,
    [...verbs].sort(),
  ]);
  expect(granted.map(String).sort()).toEqual(required.map(String).sort());
});

it('deploy/rbac.yaml binds each role to the one account', async () => {
  const objects = (await readRbac()) as readonly { readonly kind: string; readonly subjects?: readonly unknown[] }[];
  const subjects = objects.filter(({ kind }) => kind.endsWith('Binding')).map((binding) => binding.subjects);
  expect(subjects).toHaveLength(3);
  for (const bound of subjects)
    expect(bound).toEqual([{ kind: 'ServiceAccount', name: 'blueberry', namespace: 'blueberry' }]);
});
