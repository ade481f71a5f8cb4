import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { createLeaseElection } from '../../src/adapters/argocd/kubernetes/lease-election.ts';
import { readPodLogs } from '../../src/adapters/argocd/kubernetes/pod-logs.ts';
import { openPortForward } from '../../src/adapters/argocd/kubernetes/port-forward.ts';
import { secrets } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { kubectl } from '../support/cluster-tools.ts';
import { writeKubeconfig } from '../support/kubeconfig.ts';
import { failureOf, openKubernetes } from '../support/kubernetes.ts';
import { recordingLog } from '../support/recording-log.ts';
import { makePod } from '../support/sample-pod.ts';

const cluster = inject('cluster');

describe('an account with few rights', () => {
  let folder: string;
  let client: KubernetesClient;
  const name = `few-rights-${randomBytes(4).toString('hex')}`;
  const ofNamespace = (...args: string[]) => kubectl(cluster, '-n', name, ...args);
  const allow = (role: string, verbs: string, resource: string) =>
    ofNamespace('create', 'role', role, `--verb=${verbs}`, `--resource=${resource}`).then(() =>
      ofNamespace('create', 'rolebinding', role, `--role=${role}`, `--serviceaccount=${name}:few`),
    );
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-rights-'));
    await kubectl(cluster, 'create', 'namespace', name);
    await ofNamespace('create', 'serviceaccount', 'few');
    const administrator = await openKubernetes(cluster.kubeconfig);
    await makePod(administrator, { namespace: name, name: 'web' });
    administrator.close();
    const token = (await ofNamespace('create', 'token', 'few')).trim();
    const kubeconfig = join(folder, 'kubeconfig');
    const { server, certificateAuthority } = cluster;
    await writeKubeconfig(kubeconfig, { server, certificateAuthority, user: { token } });
    client = await openKubernetes(kubeconfig);
  });
  afterAll(async () => {
    client.close();
    await kubectl(cluster, 'delete', 'namespace', name, '--wait=false');
    await rm(folder, { recursive: true });
  });

  it('is told what it may not do', async () => {
    const refused = await failureOf(client.list(secrets, { namespace: name }));
    expect(refused).toMatchObject({ kind: 'forbidden', status: 403, reason: 'Forbidden' });
    expect(refused.message).toContain(`User "system:serviceaccount:${name}:few" cannot list resource "secrets"`);
    expect(refused.message).toContain('grant it to the account that Blueberry uses');
    const question = { verb: 'list', resource: 'secrets', namespace: name };
    expect(await client.canI(question)).toMatchObject({ allowed: false });
  });

  it('can lead with no more than get, create and patch of Leases', async () => {
    await allow('leases', 'get,create,patch', 'leases.coordination.k8s.io');
    const log = recordingLog();
    const clock = createSystemClock();
    const election = createLeaseElection({ client, namespace: name, name: 'leader', holder: 'few', clock, log });
    const leadership = await election.campaign(AbortSignal.timeout(30_000));
    expect(await election.leader()).toContain('few');
    await leadership.resign();
    expect(await election.leader()).toBeNull();
    expect(log.lines).toEqual([]);
  });

  it('can reach ports with get and create of pods/portforward, and not with one of them', async () => {
    const open = () => openPortForward(client, { namespace: name, pod: 'web', port: 8080 });
    expect((await failureOf(open())).kind).toBe('forbidden');
    await allow('get-ports', 'get', 'pods/portforward');
    expect((await failureOf(open())).kind).toBe('forbidden');
    await allow('create-ports', 'create', 'pods/portforward');
    (await open()).destroy();
  });

  it('can read logs with get of pods/log', async () => {
    const { signal } = new AbortController();
    const read = () =>
      readPodLogs(client, { namespace: name, pod: 'web', container: 'web', follow: false, signal }).next();
    expect((await failureOf(read())).kind).toBe('forbidden');
    await allow('logs', 'get', 'pods/log');
    expect((await read()).value?.text).toMatch(/^Started/);
  });
});
