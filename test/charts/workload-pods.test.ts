import { beforeAll, describe, expect, it } from 'vitest';
import { goldenCases, RELEASE, renderGolden } from '../../scripts/chart-goldens.ts';
import { containersOf, type Manifest, parseManifests, podTemplatesOf, type PodTemplate } from '../support/manifests.ts';
import { restrictedFaults } from '../support/pod-security.ts';
import { quantity } from '../support/quantity.ts';

const KINDS = ['apps/v1/Deployment', 'batch/v1/Job', 'v1/Secret', 'v1/Service'];
const LABEL_VALUE = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;
const GIB = 2 ** 30;

const cases = (await goldenCases()).filter(({ chart }) => chart === 'charts/workload');

describe.each(cases)('with $name', (golden) => {
  let manifests: Manifest[];
  let templates: PodTemplate[];
  beforeAll(async () => {
    manifests = parseManifests((await renderGolden(golden)).text);
    templates = podTemplatesOf(manifests);
  });

  it('makes only kinds that a namespace may have, all in the namespace of the release', () => {
    for (const { apiVersion, kind, metadata } of manifests) {
      expect(KINDS, metadata.name).toContain(`${apiVersion}/${kind}`);
      expect(metadata.namespace, metadata.name).toBe(RELEASE);
    }
  });

  it('has pods that Pod Security `restricted` admits', () => {
    expect(templates.length).toBeGreaterThan(0);
    expect(templates.flatMap(restrictedFaults)).toEqual([]);
  });

  it('gives no pod a token of the API, nor variables of the Services around it', () => {
    for (const { spec } of templates) {
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    }
  });

  it('asks for resources that Autopilot takes as they are', () => {
    for (const template of templates) {
      for (const { name, resources } of containersOf(template)) {
        // Where the values take them away there is nothing that could be changed: the namespace has its defaults.
        if (resources === undefined) continue;
        const { requests, limits } = resources;
        expect(quantity(requests.cpu), name).toBeGreaterThanOrEqual(0.05);
        expect(quantity(requests.memory), name).toBeGreaterThanOrEqual(52 * 2 ** 20);
        expect(quantity(limits.cpu), name).toBeGreaterThanOrEqual(quantity(requests.cpu));
        expect(limits.memory, name).toBe(requests.memory);
        expect(limits['ephemeral-storage'], name).toBe(requests['ephemeral-storage']);
        const ratio = quantity(requests.memory) / GIB / quantity(requests.cpu);
        expect(ratio, name).toBeGreaterThanOrEqual(1);
        expect(ratio, name).toBeLessThanOrEqual(6.5);
      }
    }
  });

  it('names every variable once', () => {
    for (const { env = [] } of templates.flatMap(containersOf)) {
      const names = env.map(({ name }) => name);
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it('has names and labels that the API accepts, and Deployments that find their own pods', () => {
    for (const { metadata } of manifests) {
      expect(metadata.name.length).toBeLessThanOrEqual(63);
      for (const value of Object.values(metadata.labels ?? {})) expect(value).toMatch(LABEL_VALUE);
    }
    for (const { kind, spec } of manifests) {
      if (kind === 'Deployment')
        expect(spec).toMatchObject({ template: { metadata: { labels: spec?.selector?.['matchLabels'] } } });
    }
  });

  it('has Services that lead to one kind of pod, at a port that it has', () => {
    for (const { kind, metadata, spec } of manifests) {
      if (kind !== 'Service') continue;
      const found = templates.filter(({ metadata: { labels } }) =>
        Object.entries(spec?.selector ?? {}).every(([key, value]) => labels?.[key] === value),
      );
      expect(found, metadata.name).toHaveLength(1);
      const names = found.flatMap(containersOf).flatMap(({ ports = [] }) => ports.map(({ name }) => name));
      expect(names, metadata.name).toEqual(spec?.ports?.map(({ targetPort }) => targetPort));
    }
  });
});
