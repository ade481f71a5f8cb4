import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { loadClusterAccess, type ClusterSource } from '../../src/adapters/argocd/kubernetes/cluster-access.ts';
import { createKubernetesClient } from '../../src/adapters/argocd/kubernetes/create-kubernetes-client.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { openWatch } from '../../src/adapters/argocd/kubernetes/watch-stream.ts';
import { namespaces } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startFaultyApiServer, type FaultyApiServer } from '../support/faulty-api-server.ts';
import { certificateUser, writeKubeconfig } from '../support/kubeconfig.ts';
import { failureOf } from '../support/kubernetes.ts';

const cluster = inject('cluster');
const { server, certificateAuthority, admin } = cluster;
let folder: string;
let file: string;
const clients: KubernetesClient[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-access-'));
  file = join(folder, 'kubeconfig');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await rm(folder, { recursive: true });
});

async function connect(source: ClusterSource = { kubeconfig: file }): Promise<KubernetesClient> {
  const client = createKubernetesClient({ access: await loadClusterAccess(source), clock: createSystemClock() });
  clients.push(client);
  return client;
}

/** Why it can't even be loaded. */
async function fault(source: ClusterSource = { kubeconfig: file }): Promise<string> {
  const failure = await failureOf(loadClusterAccess(source));
  expect(failure.kind).toBe('misconfigured');
  return failure.message.replaceAll(folder, 'FOLDER');
}

describe('a kubeconfig', () => {
  it('is a file, several files, or one of the contexts in it', async () => {
    await writeKubeconfig(file, { server, certificateAuthority, user: certificateUser(admin) });
    expect(await (await connect()).serverVersion()).toMatch(/^v1/);

    const other = join(folder, 'other');
    const text = (await readFile(file, 'utf8')).replaceAll('"test"', '"other"').replace(server, 'https://127.0.0.1:1');
    await writeFile(other, text);
    const both = [file, other].join(delimiter);
    expect((await loadClusterAccess({ kubeconfig: both })).context).toBe('test');
    const chosen = await loadClusterAccess({ kubeconfig: both, context: 'other' });
    expect(chosen.context).toBe('other');
    expect(chosen.server.href).toBe('https://127.0.0.1:1/');
  });

  it('that can not be used is named, with what is wrong with it and without what is in it', async () => {
    const secret = 'hunter2';
    expect(await fault({ kubeconfig: '' })).toBe('No kubeconfig is named. Set KUBECONFIG to the path of one.');
    expect(await fault()).toMatch(/^The kubeconfig FOLDER\/kubeconfig can't be read: ENOENT: no such file/);
    const texts: readonly (readonly [string, RegExp])[] = [
      ['', /can't be read: .*empty\.$/],
      ['null', /can't be read: it does not hold what a kubeconfig holds\.$/],
      ['just text', /has no current context\. Choose one of: none/],
      [`users:\n- {token: ${secret}\n  x`, /can't be read: .*\(\d+:\d+\)\.$/],
      [
        '{"current-context": "gone", "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}]}',
        /has no context gone\. Choose one of: here\.$/,
      ],
      [
        '{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}]}',
        /names a cluster that is not in it/,
      ],
    ];
    for (const [text, expected] of texts) {
      await writeFile(file, text);
      const message = await fault();
      expect(message).toMatch(expected);
      expect(message).not.toContain(secret);
    }
    await writeKubeconfig(file, { server: 'http://127.0.0.1:80', certificateAuthority, user: { token: secret } });
    expect(await fault()).toContain('It must be an https:// address.');
    await writeKubeconfig(file, { server, certificateAuthority, user: { token: secret } });
    expect(await fault({ kubeconfig: file, context: 'prod' })).toContain('has no context prod. Choose one of: test.');
  });

  it('of another cluster, or with a broken certificate, is told from a server that is down', async () => {
    const faulty = await startFaultyApiServer(cluster);
    try {
      await writeKubeconfig(file, { server: faulty.server, certificateAuthority, user: { token: 'any' } });
      const distrusted = await failureOf((await connect()).serverVersion());
      expect(distrusted.kind).toBe('misconfigured');
      expect(distrusted.message).toMatch(/certificate.*Check the kubeconfig: its server, its certificate authority/);
      expect(faulty.requests).toHaveLength(0);
    } finally {
      await faulty.close();
    }
    const user = certificateUser({ certificate: 'no certificate', key: 'no key' });
    await writeKubeconfig(file, { server, certificateAuthority, user });
    expect((await failureOf((await connect()).serverVersion())).kind).toBe('misconfigured');

    await writeKubeconfig(file, { server: 'https://127.0.0.1:1', certificateAuthority, user: { token: 'any' } });
    const down = await failureOf((await connect()).serverVersion());
    expect(down.kind).toBe('unavailable');
    expect(down.message).toBe(
      'Could not reach the API server https://127.0.0.1:1: 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1.',
    );
  });

  it('is read anew when the API server does not know us any more', async () => {
    await writeKubeconfig(file, { server, certificateAuthority, user: { token: 'expired' } });
    const client = await connect();
    const unknown = await failureOf(client.get(namespaces, { name: 'default' }));
    expect(unknown).toMatchObject({ kind: 'unauthorized', status: 401 });
    expect(unknown.message).toContain('Renew the credentials');
    const renewed = await connect();
    await writeKubeconfig(file, { server, certificateAuthority, user: certificateUser(admin) });
    const calls = Array.from({ length: 10 }, () => renewed.get(namespaces, { name: 'default' }));
    for (const { metadata } of await Promise.all(calls)) expect(metadata.name).toBe('default');
  });

  it('leads through a proxy', async () => {
    const proxy = await startConnectProxy();
    try {
      await writeKubeconfig(file, { server, certificateAuthority, user: certificateUser(admin) });
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('"server":', `"proxy-url":${JSON.stringify(proxy.url)},"server":`));
      const client = await connect();
      const { items, resourceVersion } = await client.list(namespaces);
      expect(items.length).toBeGreaterThan(2);
      const { signal } = new AbortController();
      const watch = { resourceVersion, timeoutSeconds: 1, idleLimitMs: 5_000, signal };
      for await (const { type } of await openWatch(client, namespaces, watch)) expect(type).toMatch(/[A-Z]+/);
      expect(new Set(proxy.targets)).toEqual(new Set([new URL(server).host]));
    } finally {
      await proxy.close();
    }
  });
});

describe('credentials that come from elsewhere', () => {
  let faulty: FaultyApiServer;
  beforeAll(async () => {
    faulty = await startFaultyApiServer(cluster);
  });
  afterEach(() => {
    faulty.faultFor = () => undefined;
  });
  afterAll(() => faulty.close());

  /** A program that prints a token, and leaves a line in a file for each time that it is started. */
  async function credentialProgram(body: string): Promise<object> {
    const script = join(folder, 'credential.mjs');
    const started = JSON.stringify(join(folder, 'started'));
    await writeFile(script, `import { appendFileSync } from 'node:fs'; appendFileSync(${started}, 'x'); ${body}`);
    return { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [script] };
  }

  it('are asked for once, however many calls there are', async () => {
    const credential = { kind: 'ExecCredential', status: { token: 'from-a-program' } };
    const exec = await credentialProgram(`console.log(${JSON.stringify(JSON.stringify(credential))})`);
    await writeKubeconfig(file, {
      server: faulty.server,
      certificateAuthority: faulty.certificateAuthority,
      user: { exec },
    });
    const client = await connect();
    const begun = faulty.requests.length;
    await Promise.all(Array.from({ length: 20 }, () => client.serverVersion()));
    const seen = new Set(faulty.requests.slice(begun).map(({ authorization }) => authorization));
    expect(seen).toEqual(new Set(['Bearer from-a-program']));
    expect(await readFile(join(folder, 'started'), 'utf8')).toBe('x');
  });

  it('that can not be had are named with what their program says', async () => {
    const { certificateAuthority: ca } = faulty;
    const exec = await credentialProgram(`console.error('Please log in first.\\nmore'); process.exit(1)`);
    await writeKubeconfig(file, { server: faulty.server, certificateAuthority: ca, user: { exec } });
    const refused = await failureOf((await connect()).serverVersion());
    expect(refused.kind).toBe('misconfigured');
    expect(refused.message).toBe(
      "The credentials of context test can't be had: Please log in first. Try kubectl with the same kubeconfig.",
    );
    const user = { exec: { ...exec, command: 'no-such-credential-program' } };
    await writeKubeconfig(file, { server: faulty.server, certificateAuthority: ca, user });
    expect((await failureOf((await connect()).serverVersion())).message).toContain('no-such-credential-program ENOENT');
  });

  it('of a service account are read in the pod, and again when they have been replaced', async () => {
    const serviceAccountFolder = join(folder, 'serviceaccount');
    const inCluster = { host: '127.0.0.1', port: Number(new URL(faulty.server).port) };
    expect(await fault({ inCluster, serviceAccountFolder })).toContain("service account of this pod can't be read");
    await mkdir(serviceAccountFolder);
    await writeFile(join(serviceAccountFolder, 'namespace'), 'blueberry');
    await writeFile(join(serviceAccountFolder, 'ca.crt'), faulty.certificateAuthority);
    await writeFile(join(serviceAccountFolder, 'token'), 'first');
    const source = { inCluster, serviceAccountFolder };
    expect(await loadClusterAccess(source)).toMatchObject({ context: 'in-cluster', namespace: 'blueberry' });
    const client = await connect(source);
    faulty.faultFor = ({ authorization }) =>
      authorization === 'Bearer first' ? undefined : { status: 401, body: 'who are you' };
    await client.serverVersion();
    faulty.faultFor = ({ authorization }) =>
      authorization === 'Bearer second' ? undefined : { status: 401, body: 'who are you' };
    await writeFile(join(serviceAccountFolder, 'token'), 'second');
    expect(await client.serverVersion()).toMatch(/^v1/);
  });
});
