import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createClusterCheck } from '../../src/adapters/argocd/check-cluster.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { Failure } from '../../src/core/errors.ts';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { startCluster } from '../../testbed/cluster/start-cluster.ts';
import { accountKubeconfig, RBAC_FILE } from '../support/blueberry-account.ts';
import { kubectl } from '../support/cluster-tools.ts';
import { writeKubeconfig } from '../support/kubeconfig.ts';
import { openKubernetes } from '../support/kubernetes.ts';
import { eventually, startProduct, type Product } from '../support/product.ts';

const cluster = inject('cluster');
const { host } = new URL(cluster.server);
let folder: string;
let kubeconfig: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-cluster-faults-'));
  kubeconfig = join(folder, 'kubeconfig');
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const useToken = (token: string): Promise<void> => {
  const { server, certificateAuthority } = cluster;
  return writeKubeconfig(kubeconfig, { server, certificateAuthority, user: { token } });
};

/** What docs/troubleshooting.md tells sentences of `/readyz` by. */
const TOLD = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8')
  .split('\n## ')
  .filter((section) => section.startsWith('`/readyz` says that something is wrong with the cluster'))
  .flatMap((section) => [...section.matchAll(/^\| (`.*?`) +\|/gm)])
  .flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(.*?)`/g)].map(([, part = '']) => new RegExp(part.replace('…', '.*'))),
  );

describe('the check of a cluster', () => {
  const clients: KubernetesClient[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  const SETTINGS = { argocdNamespace: 'argocd', ownNamespace: 'blueberry', traffic: 'port-forward' } as const;

  /** What is wrong; null: nothing. */
  async function faultOf(file: string, change: Partial<Parameters<typeof createClusterCheck>[1]> = {}) {
    const client = await openKubernetes(file);
    clients.push(client);
    const settings = { ...SETTINGS, ...change };
    return createClusterCheck(client, settings)().then(
      () => null,
      (error: unknown) => {
        if (!(error instanceof Failure) || error.kind !== 'unavailable') throw error;
        expect(
          TOLD.some((part) => part.test(error.message)),
          error.message,
        ).toBe(true);
        return error.message;
      },
    );
  }

  it('is content with the rights of deploy/rbac.yaml', async () => {
    expect(await faultOf(await accountKubeconfig(cluster))).toBeNull();
  });

  describe('with an account of its own', () => {
    const name = `rights-${randomBytes(4).toString('hex')}`;
    let rbac: string;
    let text: string;
    beforeAll(async () => {
      text = (await readFile(RBAC_FILE, 'utf8')).replaceAll('blueberry', name);
    });
    beforeEach(async () => {
      rbac = join(folder, 'rbac.yaml');
      await apply(text);
      await useToken((await kubectl(cluster, '-n', name, 'create', 'token', name)).trim());
    });
    afterAll(async () => {
      const file = join(await mkdtemp(join(tmpdir(), 'blueberry-rights-')), 'rbac.yaml');
      await writeFile(file, text);
      await kubectl(cluster, 'delete', '--filename', file, '--wait=false');
      await rm(join(file, '..'), { recursive: true });
    });

    async function apply(changed: string): Promise<void> {
      await writeFile(rbac, changed);
      await kubectl(cluster, 'apply', '--server-side', '--force-conflicts', '--filename', rbac);
    }

    /** Authorization follows what is written a moment later. */
    const eventuallyFault = (expected: string | null): Promise<string | true> => {
      const seen = async () => (await faultOf(kubeconfig, { ownNamespace: name })) === expected || null;
      return eventually(seen, 15_000, expected ?? 'no fault');
    };

    it('names what deploy/rbac.yaml grants elsewhere, and what it grants no more', async () => {
      await eventuallyFault(null);
      const told = (what: string): string =>
        `The account that Blueberry uses at ${host} may not ${what}. Grant it what deploy/rbac.yaml holds.`;
      const work = /(resources: \[applications, appprojects\]\n\s+verbs: \[get, list, watch, create, patch), delete\]/;
      const less = text.replace(work, '$1]');
      expect(less).not.toBe(text);
      await apply(less);
      await eventuallyFault(
        told('delete applications.argoproj.io in namespace argocd, delete appprojects.argoproj.io in namespace argocd'),
      );
      // Inside of a cluster nothing is forwarded.
      const apart = text.replace(/\n {2}- apiGroups: \[''\]\n {4}resources: \[pods\/portforward\]\n.*\n/, '\n');
      expect(apart).not.toBe(text);
      await apply(apart);
      await eventuallyFault(
        told('get pods/portforward in every namespace, create pods/portforward in every namespace'),
      );
      expect(await faultOf(kubeconfig, { ownNamespace: name, traffic: 'service' })).toBeNull();
    });

    it('counts what is too much to be listed', async () => {
      await kubectl(cluster, '-n', name, 'create', 'serviceaccount', 'none');
      await useToken((await kubectl(cluster, '-n', name, 'create', 'token', 'none')).trim());
      expect(await faultOf(kubeconfig, { ownNamespace: name })).toMatch(
        /^The account .* may not get namespaces in every namespace, (?:[a-z]+ \S+ in every namespace, ){4}and \d+ things more\. Grant /,
      );
    });
  });

  it('tells an account that is not known', async () => {
    await useToken('made-up');
    expect(await faultOf(kubeconfig)).toBe(
      `Could not reach the API server ${cluster.server}: Unauthorized. Renew the credentials of the kubeconfig or the service account.`,
    );
  });

  it('tells a namespace that is not there', async () => {
    expect(await faultOf(cluster.kubeconfig, { argocdNamespace: 'gitops' })).toBe(
      `The cluster at ${host} has no namespace gitops. Install Argo CD, set ARGOCD_NAMESPACE to the namespace that it is in, or lead KUBECONFIG to another cluster.`,
    );
    expect(await faultOf(cluster.kubeconfig, { ownNamespace: 'nowhere' })).toBe(
      `The cluster at ${host} has no namespace nowhere. Blueberry keeps its Lease in it: apply deploy/rbac.yaml, or set KUBERNETES_NAMESPACE to one that is there.`,
    );
  });

  it('tells a cluster without Argo CD, and one that ends', async () => {
    const bare = await startCluster({ only: 'api' });
    try {
      const { access } = bare;
      const at = new URL(access.server).host;
      expect(await faultOf(access.kubeconfig)).toMatch(
        `The cluster at ${at} has no namespace argocd. Install Argo CD,`,
      );
      for (const name of ['argocd', 'blueberry']) await kubectl(access, 'create', 'namespace', name);
      expect(await faultOf(access.kubeconfig)).toMatch(
        new RegExp(
          `^Argo CD is not installed in the cluster at ${at}, or KUBECONFIG leads to another one\\. Could not `,
        ),
      );
      expect(await faultOf(await withOtherAuthority(access))).toMatch(
        /^Could not reach the API server .*certificate.* Check the kubeconfig: its server, its certificate authority/,
      );
      bare.components['kube-apiserver'].pause();
      expect(await faultOf(access.kubeconfig)).toMatch(
        /^Could not reach the API server .* Check that the cluster is up and reached from here,/,
      );
      bare.components['kube-apiserver'].resume();
    } finally {
      await bare.stop();
    }
  });

  /** That cluster, trusted by the authority of the shared one. */
  async function withOtherAuthority({ server }: ClusterAccess): Promise<string> {
    const { certificateAuthority } = cluster;
    await writeKubeconfig(kubeconfig, { server, certificateAuthority, user: { token: 'any' } });
    return kubeconfig;
  }
});

describe('the product', () => {
  let product: Product | null = null;
  afterEach(() => product?.dispose());

  /** What `/readyz` says of the cluster. */
  async function checkOfCluster(): Promise<{ ok: boolean; message: string }> {
    const { checks } = (await (await fetch(`${String(product?.url)}/readyz`)).json()) as {
      checks: { name: string; ok: boolean; message: string }[];
    };
    const found = checks.find(({ name }) => name === 'cluster');
    if (!found) throw new Error('nothing is said of the cluster');
    return found;
  }

  const untilCluster = (fits: (check: { ok: boolean; message: string }) => boolean, what: string) =>
    eventually(async () => fits(await checkOfCluster()) || null, 60_000, what);

  it('goes on when its credentials run out, says so, and takes new ones', async () => {
    const name = `passing-${randomBytes(4).toString('hex')}`;
    await useToken('made-up');
    const env = { RUNTIME: 'argocd', KUBECONFIG: kubeconfig, INSTALLATION: name };
    product = await startProduct({ until: '/healthz', env });
    const started = product;
    const unknown = /Unauthorized\. Renew the credentials/;
    expect(await checkOfCluster()).toEqual({
      name: 'cluster',
      ok: false,
      message: expect.stringMatching(unknown) as string,
    });
    const isLogged = () =>
      Promise.resolve(/"dependency":"cluster","msg":"[^"]*Unauthorized/.test(started.output()) || null);
    await eventually(isLogged, 10_000, 'the log');

    await kubectl(cluster, '-n', 'default', 'create', 'serviceaccount', name);
    const binding = ['create', 'clusterrolebinding', name, '--clusterrole=cluster-admin'];
    await kubectl(cluster, ...binding, `--serviceaccount=default:${name}`);
    await useToken((await kubectl(cluster, '-n', 'default', 'create', 'token', name)).trim());
    await untilCluster(({ ok }) => ok, 'the first credentials');

    await kubectl(cluster, '-n', 'default', 'delete', 'serviceaccount', name);
    await untilCluster(({ ok, message }) => !ok && unknown.test(message), 'the end of the account');
    await copyFile(await accountKubeconfig(cluster), kubeconfig);
    await untilCluster(({ ok }) => ok, 'the other credentials');
    expect(started.process.exitCode).toBeNull();
    await kubectl(cluster, 'delete', 'clusterrolebinding', name);
  });
});
