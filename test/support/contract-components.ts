import { createHash, randomBytes } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import { mergeObjects } from '../../src/core/values.ts';
import { blueberryValues } from '../../src/core/workload-values.ts';
import type { DesiredComponent, DesiredEnvironment } from '../../src/ports/environment-runtime.ts';
import type { ApplicationKind } from '../contract/environment-runtime.stage.ts';
import { sampleEnvironment } from './sample-records.ts';

/** The applications of the contract as images that the test cluster acts out, deployed with the workload chart. */
export function contractComponent(
  repository: { readonly id: string; readonly url: string },
  kind: ApplicationKind,
  mark: string,
): DesiredComponent {
  const name = `registry.example.com/contract/${kind}/${mark}`;
  return {
    repositoryId: repository.id,
    repositoryUrl: repository.url,
    path: '',
    branch: 'main',
    commit: randomBytes(20).toString('hex'),
    image: `${name}@sha256:${createHash('sha256').update(name).digest('hex')}`,
    values: valuesOf(kind),
    env: {},
    secretEnv: {},
    repositoryFile: null,
    credentials: { repository: null, image: null },
  };
}

function valuesOf(kind: ApplicationKind): JsonObject {
  return {
    probe: { path: '/', periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 },
    // What never gets there is not waited for; what does may take its time on a busy machine.
    ...(kind === 'serving' ? {} : { progressDeadlineSeconds: 3 }),
    preStopSleepSeconds: 1,
    terminationGracePeriodSeconds: 5,
  };
}

/** What the controllers make of an environment when they ask a runtime for it: its values hold Blueberry's constants. */
export function withConstants(desired: DesiredEnvironment, hostOf: (name: string) => string): DesiredEnvironment {
  const [component] = desired.components;
  const { metadata, spec, status } = sampleEnvironment(desired.key);
  const [sample] = spec.components;
  const { branch, commit, image } = component;
  const environment = {
    metadata,
    spec: {
      ...spec,
      revision: desired.revision,
      asleep: desired.asleep,
      components: [{ ...sample, branch, commit, pinnedImage: image }] as const,
    },
    status: { ...status, urls: [`http://${hostOf(desired.key.name)}`] },
  };
  const merged = mergeObjects(component.values, { env: component.env });
  const constants = blueberryValues(environment, component.repositoryFile?.chart ?? null, {
    variables: Object.keys(component.secretEnv),
    hasImageCredential: component.credentials.image !== null,
  });
  return { ...desired, components: [{ ...component, values: mergeObjects(merged, constants) }] };
}
