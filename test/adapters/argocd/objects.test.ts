import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import {
  buildLimitRange,
  buildNamespace,
  buildNetworkPolicy,
  buildResourceQuota,
  DEFAULT_CONTAINER,
  DEFAULT_QUOTA,
} from '../../../src/adapters/argocd/objects/guardrails.ts';
import { environmentSelector, isOwnedBy, ownerOf, revisionOf } from '../../../src/adapters/argocd/objects/ownership.ts';
import { buildAppProject, projectName } from '../../../src/adapters/argocd/objects/project.ts';
import {
  buildPullSecret,
  buildRepositorySecret,
  buildVariablesSecret,
} from '../../../src/adapters/argocd/objects/secrets.ts';

const owner = { installation: 'one', key: { id: 'env_abc234', name: 'pr-42' } };
const settings = { quota: DEFAULT_QUOTA, container: DEFAULT_CONTAINER, gatewayNamespace: 'blueberry' };
const labels = {
  'app.kubernetes.io/managed-by': 'blueberry',
  'blueberry.dev/installation': 'one',
  'blueberry.dev/environment-id': 'env_abc234',
  'blueberry.dev/environment-name': 'pr-42',
};
const text = (data: Readonly<Record<string, string>> | undefined, name: string): string =>
  Buffer.from(data?.[name] ?? '', 'base64').toString();

function found(change: Readonly<Record<string, string>> = {}): KubernetesObject {
  const metadata = { name: 'x', uid: '1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, labels: { ...labels, ...change } } };
}

describe('what is whose', () => {
  it('an object is ours by its installation and its environment, not by its name', () => {
    expect(isOwnedBy(found(), owner)).toBe(true);
    expect(isOwnedBy(found({ 'blueberry.dev/installation': 'two' }), owner)).toBe(false);
    expect(isOwnedBy(found({ 'blueberry.dev/environment-id': 'env_other' }), owner)).toBe(false);
    expect(isOwnedBy(found({ 'app.kubernetes.io/managed-by': 'Helm' }), owner)).toBe(false);
    expect(ownerOf(found())).toEqual(owner.key);
    expect(ownerOf({ ...found(), metadata: { ...found().metadata, labels: {} } })).toBeNull();
  });

  it('others are not even looked at', () => {
    expect(environmentSelector('one').split(',')).toEqual([
      'app.kubernetes.io/managed-by=blueberry',
      'blueberry.dev/installation=one',
      'blueberry.dev/environment-id',
    ]);
  });

  it.each([
    ['7', 7],
    ['', null],
    ['-1', null],
    ['1e3', null],
    ['9'.repeat(30), null],
  ])('a revision %j is %j', (said, revision) => {
    const { metadata } = found();
    expect(revisionOf({ ...found(), metadata: { ...metadata, annotations: { 'blueberry.dev/revision': said } } })).toBe(
      revision,
    );
  });
});

describe('guardrails', () => {
  it('are labelled as the environment is, and in its namespace', () => {
    for (const build of [buildResourceQuota, buildLimitRange, buildNetworkPolicy])
      expect(build('env-pr-42-abc234', owner, settings).metadata).toEqual({
        name: 'blueberry',
        namespace: 'env-pr-42-abc234',
        labels,
      });
  });

  it('enforce restricted pods', () => {
    expect(buildNamespace('env-pr-42-abc234', owner, 'repo_XYZ234').metadata.labels).toMatchObject({
      ...labels,
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('allow no load balancers and no ports of nodes', () => {
    const { hard } = buildResourceQuota('x', owner, settings).spec;
    expect(hard).toMatchObject({ 'services.loadbalancers': '0', 'services.nodeports': '0' });
  });

  it('let traffic in from the environment and the gateway, and out to names and public addresses alone', () => {
    const { ingress, egress, podSelector, policyTypes } = buildNetworkPolicy('x', owner, settings).spec;
    expect([podSelector, policyTypes]).toEqual([{}, ['Ingress', 'Egress']]);
    expect(ingress).toEqual([
      {
        from: [
          { podSelector: {} },
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'blueberry' } } },
        ],
      },
    ]);
    const blocks = egress?.flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => ipBlock ?? [])) ?? [];
    expect(blocks.map(({ cidr }) => cidr)).toEqual(['0.0.0.0/0', '::/0']);
    const closed = blocks.flatMap(({ except = [] }) => except);
    for (const range of ['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10'])
      expect(closed).toContain(range);
  });
});

describe('the project of a repository', () => {
  const project = buildAppProject(
    { id: 'repo_XYZ234', url: 'https://git.example/web.git' },
    {
      installation: 'one',
      argocdNamespace: 'argocd',
      destinationServer: 'https://kubernetes.default.svc',
      chartRepository: 'https://git.example/blueberry.git',
    },
  );

  it('leads to namespaces of environments, and to nothing of the whole cluster', () => {
    expect(project.metadata.name).toBe('blueberry-xyz234');
    expect(projectName('repo_XYZ234')).toBe('blueberry-xyz234');
    expect(project.spec.sourceRepos).toEqual(['https://git.example/blueberry.git', 'https://git.example/web.git']);
    expect(project.spec.destinations).toEqual([{ server: 'https://kubernetes.default.svc', namespace: 'env-*' }]);
    expect(project.spec.clusterResourceWhitelist).toEqual([]);
  });

  it.each(['ResourceQuota', 'LimitRange', 'Endpoints'])('forbids the kind %s of the core', (kind) => {
    expect(project.spec.namespaceResourceBlacklist).toContainEqual({ group: '', kind });
  });

  it.each([
    'networking.k8s.io',
    'gateway.networking.k8s.io',
    'rbac.authorization.k8s.io',
    'argoproj.io',
    'discovery.k8s.io',
  ])('forbids all kinds of %s', (group) => {
    expect(project.spec.namespaceResourceBlacklist).toContainEqual({ group, kind: '*' });
  });
});

describe('secrets', () => {
  it('hold the variables as they are, and are not made where there are none', () => {
    const secret = buildVariablesSecret('x', owner, { A: 'ü\n', EMPTY: '' });
    expect([text(secret?.data, 'A'), text(secret?.data, 'EMPTY')]).toEqual(['ü\n', '']);
    expect(secret?.metadata.labels).toEqual(labels);
    expect(buildVariablesSecret('x', owner, {})).toBeNull();
  });

  it.each([
    ['ghcr.io/acme/web@sha256:' + 'a'.repeat(64), 'me:pass:word', 'ghcr.io', 'me:pass:word'],
    ['acme/web@sha256:' + 'a'.repeat(64), 'token', 'https://index.docker.io/v1/', 'x-access-token:token'],
  ])('let nodes pull %s', (image, credential, host, pair) => {
    const secret = buildPullSecret('x', owner, image, credential);
    expect(secret?.type).toBe('kubernetes.io/dockerconfigjson');
    const config = JSON.parse(text(secret?.data, '.dockerconfigjson')) as { auths: Record<string, { auth: string }> };
    expect(Buffer.from(config.auths[host]?.auth ?? '', 'base64').toString()).toBe(pair);
    expect(buildPullSecret('x', owner, image, null)).toBeNull();
    expect(buildPullSecret('x', owner, null, credential)).toBeNull();
  });

  it.each([
    ['me:pass:word', { username: 'me', password: 'pass:word' }],
    ['token', { username: 'x-access-token', password: 'token' }],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nx', { sshPrivateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nx' }],
  ])('let Argo CD read a private repository, for its own project alone', (credential, access) => {
    const repository = { id: 'repo_xyz', url: 'https://git.example/web.git' };
    const secret = buildRepositorySecret(repository, credential, { installation: 'one', argocdNamespace: 'argocd' });
    expect(secret.metadata.labels).toMatchObject({ 'argocd.argoproj.io/secret-type': 'repository' });
    const data = Object.fromEntries(Object.keys(secret.data ?? {}).map((name) => [name, text(secret.data, name)]));
    expect(data).toEqual({ type: 'git', url: repository.url, project: 'blueberry-xyz', ...access });
  });
});
