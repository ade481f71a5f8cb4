import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { image, renderWorkload, web, webPod, withEverything } from '../support/workload-chart.ts';

/** What Kubernetes makes of `value`: `$$` is a dollar, `$(NAME)` the variable of that name if there is one. */
function expand(value: string, variables: Readonly<Record<string, string>>): string {
  return value.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : (variables[name] ?? whole),
  );
}

describe('env', () => {
  it('arrives as it was written, whatever is in it', async () => {
    const alphabet = fc.constantFrom(
      ...'aB0 $(){}"\'`\\#&*!|>%@:-,[]?~=\t\n\r/é🫐'.split(/(?:)/u),
      '$(',
      '$$',
      '{{',
      '}}',
    );
    const written = fc.oneof(
      fc.string({ unit: alphabet }),
      fc.string({ unit: 'binary-ascii' }),
      fc.string({ unit: 'grapheme' }),
    );
    // One rendering for all of them: Helm is a process of its own.
    const values = fc.sample(written, 400).map((value) => value.replaceAll(/[\0\x7f]/g, ''));
    const env = Object.fromEntries([...values.entries()].map(([index, value]) => [`V${String(index)}`, value]));
    const rendered = web(await renderWorkload({ image, env: { ...env, a: 'replaced' } })).env ?? [];
    const variables = { a: 'replaced', PORT: '8080' };
    const arrived = rendered
      .filter(({ name }) => name in env)
      .map(({ name, value }) => [name, expand(value ?? '', variables)]);
    expect(Object.fromEntries(arrived)).toEqual(env);
  });

  it('gives way to the Secret where the Secret has the same key', async () => {
    const container = web(
      await renderWorkload({ image, env: { A: 'a', B: 'b' }, secretEnv: { secretName: 's', keys: ['B'] } }),
    );
    expect(container.env?.map(({ name }) => name)).toEqual(['A', 'PORT']);
    expect(container.envFrom).toEqual([{ secretRef: { name: 's' } }]);
  });

  it('wins over the databases, and later Secrets over earlier ones', async () => {
    const container = web(
      await renderWorkload({
        ...withEverything,
        env: { DATABASE_URL: 'mine' },
        existingSecrets: ['first', 'second'],
        secretEnv: { secretName: 'third' },
      }),
    );
    expect(container.env).toContainEqual({ name: 'DATABASE_URL', value: 'mine' });
    const secrets = (container.envFrom ?? []).map((from) => from.secretRef.name);
    expect(secrets.slice(2)).toEqual(['first', 'second', 'third']);
    expect(secrets.slice(0, 2)).toEqual([expect.stringMatching(/-postgres$/), expect.stringMatching(/-redis$/)]);
  });
});

describe('the image', () => {
  it.each([
    [{ repository: 'ghcr.io/acme/web', tag: '1.4' }, 'ghcr.io/acme/web:1.4'],
    [
      { repository: 'ghcr.io/acme/web', tag: '1.4', digest: `sha256:${'a'.repeat(64)}` },
      `ghcr.io/acme/web@sha256:${'a'.repeat(64)}`,
    ],
    [{ repository: '127.0.0.1:5000/acme/web', tag: 'x' }, '127.0.0.1:5000/acme/web:x'],
  ])('of %j is %s', async (given, expected) => {
    expect(web(await renderWorkload({ image: given })).image).toBe(expected);
  });
});

describe('a pod', () => {
  it('tells which revision of which environment it is of', async () => {
    const blueberry = {
      environmentId: 'env_b4v7zk',
      name: 'pr-42',
      url: 'https://pr-42.preview.example.com',
      branch: 'feature/login',
      commit: '3f2a1c9d',
      revision: 1234567,
    };
    const manifests = await renderWorkload({ image, probe: { path: '/healthz' }, blueberry });
    expect(webPod(manifests).metadata).toMatchObject({
      labels: {
        'blueberry.dev/environment-id': 'env_b4v7zk',
        'blueberry.dev/environment-name': 'pr-42',
        'blueberry.dev/revision': '1234567',
      },
      annotations: {
        'blueberry.dev/branch': 'feature/login',
        'blueberry.dev/commit': '3f2a1c9d',
        'blueberry.dev/revision': '1234567',
      },
    });
    expect(web(manifests).env).toEqual([
      { name: 'PORT', value: '8080' },
      { name: 'BLUEBERRY_BRANCH', value: 'feature/login' },
      { name: 'BLUEBERRY_COMMIT', value: '3f2a1c9d' },
      { name: 'BLUEBERRY_ENVIRONMENT', value: 'env_b4v7zk' },
      { name: 'BLUEBERRY_NAME', value: 'pr-42' },
      { name: 'BLUEBERRY_REVISION', value: '1234567' },
      { name: 'BLUEBERRY_URL', value: 'https://pr-42.preview.example.com' },
    ]);
    expect(web(manifests).readinessProbe?.httpGet?.httpHeaders).toEqual([
      { name: 'Host', value: 'pr-42.preview.example.com' },
    ]);
  });

  it('keeps the annotations that are ours, whatever a user says', async () => {
    const podAnnotations = { 'blueberry.dev/revision': '99', 'example.com/own': 'yes' };
    const manifests = await renderWorkload({ image, podAnnotations, blueberry: { revision: '3' } });
    expect(webPod(manifests).metadata.annotations).toEqual({
      'blueberry.dev/revision': '3',
      'example.com/own': 'yes',
    });
  });
});

describe('null', () => {
  const keys = [
    ...['imagePullSecrets', 'command', 'args', 'port', 'env', 'secretEnv', 'existingSecrets', 'replicas', 'asleep'],
    ...['resources', 'probe', 'progressDeadlineSeconds', 'revisionHistoryLimit', 'preStopSleepSeconds'],
    ...['terminationGracePeriodSeconds', 'securityContext', 'writablePaths', 'podAnnotations', 'nodeSelector'],
    ...['tolerations', 'service', 'postgres', 'redis', 'seed', 'blueberry'],
  ];

  it.each(keys)('takes %s away, and the rest still renders', async (key) => {
    const manifests = await renderWorkload({ image, [key]: null });
    expect(manifests.map(({ kind }) => kind)).toEqual(['Service', 'Deployment']);
  });

  it('means no probes', async () => {
    const container = web(await renderWorkload({ image, probe: null }));
    expect(Object.keys(container).filter((key) => key.endsWith('Probe'))).toEqual([]);
  });

  it('leaves the user of the process to the image', async () => {
    const manifests = await renderWorkload({ image, securityContext: { runAsUser: null } });
    expect(webPod(manifests).spec.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });
});
