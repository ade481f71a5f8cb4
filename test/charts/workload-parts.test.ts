import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { type Manifest, podTemplatesOf, type PodTemplate } from '../support/manifests.ts';
import { image, named, renderWorkload, withEverything } from '../support/workload-chart.ts';

const seedName = async (values: JsonObject): Promise<string> =>
  named(await renderWorkload({ ...withEverything, ...values }), 'Job').metadata.name;

describe('the seed', () => {
  it('has the same name for the same content, and another for any other', async () => {
    const first = await seedName({});
    expect(await seedName({})).toBe(first);
    expect(await seedName({ replicas: 3, probe: null })).toBe(first);
    const others: JsonObject[] = [
      { blueberry: { revision: 2 } },
      { blueberry: { revision: 3 } },
      { image: { ...image, tag: '1.5' } },
      { env: { A: 'a' } },
      { seed: { enabled: true, command: ['npm', 'run', 'other'] } },
      { seed: { enabled: true, command: ['npm', 'run', 'seed'], backoffLimit: 1 } },
    ];
    const names = await Promise.all(others.map(seedName));
    expect(new Set([first, ...names]).size).toBe(others.length + 1);
  });

  it('has a name that fits even under the longest release, which still tells its releases apart', async () => {
    const name = async (release: string): Promise<string> =>
      named(await renderWorkload(withEverything, release), 'Job').metadata.name;
    const long = `env-${'x'.repeat(42)}-`;
    const [one, other] = [await name(`${long}aaaaaa`), await name(`${long}bbbbbb`)];
    expect(one.length).toBeLessThanOrEqual(63);
    expect(one).not.toBe(other);
  });
});

describe('throw-away databases', () => {
  const secretsOf = (manifests: readonly Manifest[]): unknown[] =>
    manifests.filter(({ kind }) => kind === 'Secret').map(({ data }) => data);

  it('keep their passwords when rendered again, and share them with no other environment', async () => {
    const first = secretsOf(await renderWorkload(withEverything));
    expect(first).toHaveLength(2);
    expect(secretsOf(await renderWorkload({ ...withEverything, replicas: 2 }))).toEqual(first);
    const others = [
      ...secretsOf(await renderWorkload(withEverything, 'env-other-aaaaaa')),
      ...secretsOf(await renderWorkload({ ...withEverything, blueberry: { environmentId: 'env_other' } })),
    ];
    const passwords = [...first, ...others].map((data) => {
      const { PGPASSWORD, REDIS_PASSWORD } = data as Record<string, string>;
      return PGPASSWORD ?? REDIS_PASSWORD;
    });
    expect(new Set(passwords).size).toBe(passwords.length);
  });

  it('are told to the workload as URLs that say who, where and what', async () => {
    const [postgres, redis] = secretsOf(await renderWorkload(withEverything, 'demo')) as Record<string, string>[];
    const text = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString();
    const database = new URL(text(postgres?.DATABASE_URL));
    expect(database).toMatchObject({ username: 'app', host: 'demo-postgres:5432', pathname: '/app' });
    expect(database.password).toBe(text(postgres?.PGPASSWORD));
    const cache = new URL(text(redis?.REDIS_URL));
    expect(cache).toMatchObject({ username: '', host: 'demo-redis:6379', password: text(redis?.REDIS_PASSWORD) });
  });

  it('are not emptied by a new revision', async () => {
    const pods = async (revision: number): Promise<PodTemplate[]> => {
      const manifests = await renderWorkload({ ...withEverything, blueberry: { revision, commit: 'a'.repeat(40) } });
      return podTemplatesOf(manifests.filter(({ metadata }) => /-(postgres|redis)$/.test(metadata.name)));
    };
    const before = await pods(2);
    expect(before).toHaveLength(2);
    expect(await pods(3)).toEqual(before);
  });
});

describe('asleep', () => {
  it('leaves no pod and no seed, and everything else', async () => {
    const manifests = await renderWorkload({ ...withEverything, replicas: 3, asleep: true });
    const count = (kind: string): number => manifests.filter((manifest) => manifest.kind === kind).length;
    expect([count('Deployment'), count('Service'), count('Secret'), manifests.length]).toEqual([3, 3, 2, 8]);
    for (const { kind, spec } of manifests) if (kind === 'Deployment') expect(spec?.replicas).toBe(0);
  });
});

describe('the order of Argo CD', () => {
  it('is databases, seed, workload', async () => {
    const waves = new Map<number, string[]>();
    for (const { kind, metadata } of await renderWorkload(withEverything)) {
      const wave = Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
      const component = metadata.labels?.['app.kubernetes.io/component'] ?? '';
      waves.set(wave, [...(waves.get(wave) ?? []), `${component} ${kind}`].sort());
    }
    expect(Object.fromEntries(waves)).toEqual({
      '-2': [
        'postgres Deployment',
        'postgres Secret',
        'postgres Service',
        'redis Deployment',
        'redis Secret',
        'redis Service',
      ],
      '-1': ['seed Job'],
      '0': ['web Deployment', 'web Service'],
    });
  });
});

describe('a new version', () => {
  it('takes over before the old one goes, which serves on until nobody asks it any more', async () => {
    const { spec } = named(await renderWorkload({ image, replicas: 2 }), 'Deployment');
    expect(spec).toMatchObject({
      replicas: 2,
      progressDeadlineSeconds: 120,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        spec: {
          terminationGracePeriodSeconds: 30,
          containers: [{ lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
        },
      },
    });
  });

  it('may start for as long as the deployment may take, and is watched from then on', async () => {
    const { spec } = named(await renderWorkload({ image }), 'Deployment');
    const tcpSocket = { port: 'http' };
    expect(spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              startupProbe: { tcpSocket, periodSeconds: 2, failureThreshold: 60 },
              readinessProbe: { tcpSocket, periodSeconds: 5, failureThreshold: 3 },
              livenessProbe: { tcpSocket, periodSeconds: 5, failureThreshold: 12 },
            },
          ],
        },
      },
    });
  });
});
