import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connect, type KubernetesClient } from '../../testbed/cluster/kubernetes-client.ts';
import { createNamespace, kubectl, pod, until } from '../support/cluster-tools.ts';

const access = inject('cluster');
let client: KubernetesClient;
let namespace: string;

beforeAll(async () => {
  client = await connect(access.kubeconfig);
  namespace = await createNamespace(client, 'control-plane');
});

afterAll(async () => {
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  client.close();
});

/** The status code that a bearer token gets. */
function statusFor(token: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const sent = request(`${access.server}${path}`, { ca: access.certificateAuthority, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.once('error', reject);
    sent.end();
  });
}

describe('the control plane of the test cluster', () => {
  it('is Kubernetes in the version that was built, with nodes that are ready', async () => {
    const { gitVersion } = await client.request<{ gitVersion: string }>('GET', '/version');
    expect(gitVersion).toMatch(/^v1\.\d+\.\d+$/);
    await until(async () => {
      const nodes = await kubectl(access, 'get', 'nodes', '--no-headers');
      return (
        nodes
          .trim()
          .split('\n')
          .every((line) => / Ready /.test(line)) && nodes
      );
    }, 'all nodes to be ready');
  });

  it('lets a service account do what a role allows, and nothing else', async () => {
    const account = { kind: 'ServiceAccount', name: 'reader', namespace };
    const rbac = 'rbac.authorization.k8s.io';
    await client.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader', namespace } });
    await client.apply({
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'reader', namespace },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    });
    await client.apply({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'reader', namespace },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
      subjects: [account],
    });
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/reader/token`;
    const { status } = await client.request<{ status: { token: string } }>('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    });

    await until(
      async () => (await statusFor(status.token, `/api/v1/namespaces/${namespace}/pods`)) === 200,
      'the role to count',
    );
    expect(await statusFor(status.token, `/api/v1/namespaces/${namespace}/secrets`)).toBe(403);
    expect(await statusFor('nonsense', `/api/v1/namespaces/${namespace}/pods`)).toBe(401);
  });

  it('keeps leases, and refuses one that was changed meanwhile', async () => {
    const metadata = { name: 'leader', namespace };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata };
    const made = await client.apply({ ...lease, spec: { holderIdentity: 'one', leaseDurationSeconds: 15 } });
    await client.apply({ ...lease, spec: { holderIdentity: 'two', leaseDurationSeconds: 15 } });
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/leader`;
    await expect(client.request('PUT', path, made)).rejects.toMatchObject({ status: 409 });
  });

  it('enforces quotas and Pod Security', async () => {
    const name = await createNamespace(client, 'caged');
    const label = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: label } });
    const create = client.request('POST', `/api/v1/namespaces/${name}/pods`, pod(name, 'web', 'example.com/web:1'));
    await expect(create).rejects.toThrow(/violates PodSecurity "restricted/);

    await client.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace },
      spec: { hard: { 'count/configmaps': '1' } },
    });
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace } };
    await until(
      () =>
        client.apply({ ...settings, metadata: { name: 'more', namespace } }).then(
          async () => {
            await client.delete({ ...settings, metadata: { name: 'more', namespace } });
            return undefined;
          },
          (error: unknown) => /exceeded quota/.test(String(error)),
        ),
      'the quota to be enforced',
    );
    await client.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  });
});
