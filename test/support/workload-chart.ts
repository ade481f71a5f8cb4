import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryFile } from '../../scripts/chart-documentation.ts';
import { RELEASE } from '../../scripts/chart-goldens.ts';
import { helm, type HelmAnswer } from '../../scripts/helm.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type Container, type Manifest, parseManifests, podTemplatesOf, type PodTemplate } from './manifests.ts';

export const image = { repository: 'ghcr.io/acme/web', tag: '1.4' };

export const withEverything: JsonObject = {
  image,
  postgres: { enabled: true },
  redis: { enabled: true },
  seed: { enabled: true, command: ['npm', 'run', 'seed'] },
};

/** Renders the workload chart as Argo CD does: with values as one file, which holds JSON. */
export async function templateWorkload(values: JsonObject, release: string = RELEASE): Promise<HelmAnswer> {
  const folder = await mkdtemp(join(tmpdir(), 'blueberry-chart-'));
  try {
    const file = join(folder, 'values.yaml');
    await writeFile(file, JSON.stringify(values));
    const args = ['template', release, repositoryFile('charts/workload'), '--namespace', release];
    return await helm([...args, '--values', file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function renderWorkload(values: JsonObject, release: string = RELEASE): Promise<Manifest[]> {
  const answer = await templateWorkload(values, release);
  if (!answer.ok) throw new Error(answer.message);
  return parseManifests(answer.output);
}

/** The first object of that kind whose name ends like this: the workload's own has the shortest name. */
export function named(manifests: readonly Manifest[], kind: string, suffix = ''): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name.endsWith(suffix));
  if (found === undefined) throw new Error(`There is no ${kind} *${suffix}`);
  return found;
}

/** The pods of the workload itself, and their one container. */
export const webPod = (manifests: readonly Manifest[]): PodTemplate => {
  const [template] = podTemplatesOf([named(manifests, 'Deployment')]);
  if (template === undefined) throw new Error('The Deployment has no template');
  return template;
};
export const web = (manifests: readonly Manifest[]): Container => {
  const [container] = webPod(manifests).spec.containers;
  if (container === undefined) throw new Error('The pod has no container');
  return container;
};
