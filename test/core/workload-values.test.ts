import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/core/environment.ts';
import { chartFolder, type ImageValues, type OwnChart } from '../../src/core/repository-file.ts';
import { mergeLayer, mergeValues } from '../../src/core/values.ts';
import { blueberryValues, needsImage, type SecretsOfWorkload } from '../../src/core/workload-values.ts';
import { sampleEnvironment } from '../support/sample-records.ts';

const COMMIT = '3f2a1c9d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const PINNED = `ghcr.io/acme/web@${DIGEST}`;
const NOWHERE: ImageValues = { repository: null, tag: null, digest: null, reference: null };

function environment(change: { pinnedImage?: string | null; image?: string | null; asleep?: boolean }): Environment {
  const sample = sampleEnvironment({ id: 'env_1', name: 'pr-42', branch: 'feature/login' });
  const { pinnedImage = PINNED, image = 'ghcr.io/acme/web:{short_sha}', asleep = false } = change;
  const component = { ...sample.spec.components[0], commit: COMMIT, image, pinnedImage };
  return { ...sample, spec: { ...sample.spec, components: [component], asleep, revision: 3 } };
}

function chart(change: Partial<OwnChart> = {}): OwnChart {
  return { path: 'chart', imageValues: null, sleepValues: null, service: null, port: 80, ...change };
}

function secrets(...variables: string[]): SecretsOfWorkload {
  return { variables, hasImageCredential: false };
}

describe("Blueberry's constants for the workload chart", () => {
  it('pin the image, say who it is, and where its secrets are', () => {
    expect(blueberryValues(environment({}), null, secrets('B', 'A'))).toEqual({
      image: { repository: 'ghcr.io/acme/web', tag: '', digest: DIGEST },
      asleep: false,
      secretEnv: { secretName: 'blueberry-env', keys: ['A', 'B'] },
      blueberry: {
        environmentId: 'env_1',
        name: 'pr-42',
        url: 'http://pr-42.localhost:8000',
        branch: 'feature/login',
        commit: COMMIT,
        revision: 3,
      },
    });
  });

  it('name the Secret that images are pulled with where there is one', () => {
    expect(blueberryValues(environment({}), null, { variables: [], hasImageCredential: true })).toMatchObject({
      imagePullSecrets: [{ name: 'blueberry-registry' }],
    });
    expect(blueberryValues(environment({}), null, secrets())).not.toHaveProperty('imagePullSecrets');
  });

  it('name no Secret where there is none, and say that it sleeps', () => {
    expect(blueberryValues(environment({ asleep: true }), null, secrets())).toMatchObject({
      asleep: true,
      secretEnv: { secretName: '', keys: [] },
    });
  });

  it('win over every other layer, each leaf with its origin', () => {
    const below = mergeValues([
      {
        layer: 'repository',
        values: { image: { repository: 'evil.example/web', digest: null, pullPolicy: 'Always' } },
      },
      { layer: 'override', values: { asleep: 'no', blueberry: 'mine', secretEnv: { secretName: 'other' } } },
    ]);
    const { values, origins } = mergeLayer(below, {
      layer: 'blueberry',
      values: blueberryValues(environment({}), null, secrets('KEY')),
    });
    expect(values).toMatchObject({
      image: { repository: 'ghcr.io/acme/web', digest: DIGEST, tag: '', pullPolicy: 'Always' },
      asleep: false,
      secretEnv: { secretName: 'blueberry-env' },
      blueberry: { name: 'pr-42' },
    });
    expect(origins).toMatchObject({
      '/image/pullPolicy': 'repository',
      '/image/digest': 'blueberry',
      '/asleep': 'blueberry',
      '/blueberry/revision': 'blueberry',
      '/secretEnv/secretName': 'blueberry',
    });
    expect(origins['/blueberry']).toBeUndefined();
  });
});

describe("Blueberry's constants for a chart of the repository's own", () => {
  it.each<[what: string, imageValues: ImageValues | null, values: object]>([
    [
      'where most charts take it, unless it says otherwise',
      null,
      { image: { repository: 'ghcr.io/acme/web', tag: '3f2a1c9', digest: DIGEST } },
    ],
    [
      'in the tag, where it knows no digest',
      { ...NOWHERE, repository: ['web', 'image'], tag: ['web', 'tag'] },
      { web: { image: 'ghcr.io/acme/web', tag: `3f2a1c9@${DIGEST}` } },
    ],
    ['whole', { ...NOWHERE, reference: ['image'] }, { image: PINNED }],
    ['as a digest alone', { ...NOWHERE, digest: ['a', 'b', 'c'] }, { a: { b: { c: DIGEST } } }],
  ])('give it the image %s', (_what, imageValues, values) => {
    expect(blueberryValues(environment({}), chart({ imageValues }), secrets('KEY'))).toEqual(values);
  });

  it('do without a tag where the image is named by its digest', () => {
    const byDigest = environment({ image: PINNED });
    expect(blueberryValues(byDigest, chart(), secrets())).toMatchObject({ image: { tag: '', digest: DIGEST } });
    const tagOnly = chart({ imageValues: { ...NOWHERE, tag: ['tag'] } });
    expect(blueberryValues(byDigest, tagOnly, secrets())).toEqual({ tag: `pinned@${DIGEST}` });
  });

  it('put it to sleep by its own values, and only then', () => {
    const sleeping = chart({
      sleepValues: { replicaCount: 0, worker: { enabled: false }, image: { tag: 'idle', pullPolicy: 'Never' } },
    });
    expect(blueberryValues(environment({ asleep: true }), sleeping, secrets())).toEqual({
      replicaCount: 0,
      worker: { enabled: false },
      image: { repository: 'ghcr.io/acme/web', tag: '3f2a1c9', digest: DIGEST, pullPolicy: 'Never' },
    });
    expect(blueberryValues(environment({}), sleeping, secrets())).not.toHaveProperty('replicaCount');
  });

  it('are none where it brings its own image', () => {
    expect(blueberryValues(environment({ pinnedImage: null, image: null }), chart(), secrets('KEY'))).toEqual({});
  });
});

describe('an image is needed', () => {
  it('by the workload chart, and by a chart that says where it takes it', () => {
    expect(needsImage(null)).toBe(true);
    expect(needsImage(chart())).toBe(false);
    expect(needsImage(chart({ imageValues: { ...NOWHERE, reference: ['image'] } }))).toBe(true);
  });
});

describe('chartFolder', () => {
  it.each([
    ['deploy/chart', '', 'deploy/chart'],
    ['chart', 'apps/web', 'apps/web/chart'],
    ['./chart/', 'apps/web', 'apps/web/chart'],
    ['/deploy//chart', 'apps/web', 'deploy/chart'],
    ['.', 'apps/web', 'apps/web'],
    ['/', 'apps/web', ''],
    ['.', '', ''],
  ])('%s in %j is %j', (path, folder, whole) => {
    expect(chartFolder({ path }, folder)).toBe(whole);
  });
});

it('one more layer is merged over what was merged as if all had been merged at once', () => {
  const leaf = fc.constantFrom(null, 1, 'x', [1]);
  const object = fc.letrec<{ value: unknown; map: Record<string, unknown> }>((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, leaf, tie('map')),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  })).map;
  fc.assert(
    fc.property(object, object, object, (chartValues, override, blueberry) => {
      const layers = [
        { layer: 'chart', values: chartValues },
        { layer: 'override', values: override },
        { layer: 'blueberry', values: blueberry },
      ] as Parameters<typeof mergeValues>[0];
      const [first, second, third] = layers;
      if (!first || !second || !third) throw new Error('three');
      expect(mergeLayer(mergeValues([first, second]), third)).toEqual(mergeValues(layers));
    }),
  );
});
