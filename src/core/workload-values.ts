import { componentOf, type Environment } from './environment.ts';
import { fillImageTemplate, parseImageReference } from './image-reference.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { USUAL_IMAGE_VALUES, type OwnChart, type ValuePath } from './repository-file.ts';
import { mergeValues } from './values.ts';

/** Name of the Secret that holds an environment's secret variables, in the namespace that is the environment's own. */
export const SECRET_VARIABLES_NAME = 'blueberry-env';

/** Name of the Secret in the same namespace that images are pulled with. */
export const PULL_SECRET_NAME = 'blueberry-registry';

/** What there is for an environment in Secrets, as far as its values have to say so. */
export interface SecretsOfWorkload {
  /** Names of the secret variables; none: there is no Secret of them. */
  readonly variables: readonly string[];
  readonly hasImageCredential: boolean;
}

/**
 * Blueberry's own constants, which win over every other layer of values: the image that was pinned, whether it sleeps,
 * where its secrets are, and who it is. A chart of the repository's own is given only what it says that it takes.
 */
export function blueberryValues(
  environment: Environment,
  chart: OwnChart | null,
  secrets: SecretsOfWorkload,
): JsonObject {
  return chart === null ? workloadValues(environment, secrets) : ownChartValues(environment, chart);
}

/** Whether nothing can run without an image: the workload chart runs one, and so does a chart that says where it takes it. */
export function needsImage(chart: OwnChart | null): boolean {
  return chart === null || chart.imageValues !== null;
}

/** Values of `charts/workload`; its values.yaml says what each means. */
function workloadValues(environment: Environment, { variables, hasImageCredential }: SecretsOfWorkload): JsonObject {
  const { metadata, spec, status } = environment;
  const { branch, commit } = componentOf(environment);
  const image = imageParts(environment);
  return {
    image: { repository: image?.repository ?? '', tag: '', digest: image?.digest ?? '' },
    asleep: spec.asleep,
    // The keys are named so that they win over `env`.
    secretEnv: { secretName: variables.length > 0 ? SECRET_VARIABLES_NAME : '', keys: variables.toSorted() },
    ...(hasImageCredential ? { imagePullSecrets: [{ name: PULL_SECRET_NAME }] } : {}),
    blueberry: {
      environmentId: metadata.id,
      name: metadata.name,
      url: status.urls[0] ?? '',
      branch,
      commit,
      revision: spec.revision,
    },
  };
}

function ownChartValues(environment: Environment, chart: OwnChart): JsonObject {
  const sleeping = environment.spec.asleep ? chart.sleepValues : null;
  const image = imageParts(environment);
  if (image === null) return sleeping ?? {};
  const paths = chart.imageValues ?? USUAL_IMAGE_VALUES;
  // Where a chart knows no digest, the tag takes it along: `repository:tag@sha256:…` is one reference.
  const tag = paths.digest === null ? `${image.tag ?? 'pinned'}@${image.digest}` : (image.tag ?? '');
  const given: [ValuePath | null, string][] = [
    [paths.repository, image.repository],
    [paths.tag, tag],
    [paths.digest, image.digest],
    [paths.reference, `${image.repository}@${image.digest}`],
  ];
  const layers = given.map(([path, value]) => (path === null ? null : nested(path, value)));
  return mergeValues([sleeping, ...layers].map((values) => ({ layer: 'blueberry', values }))).values;
}

interface ImageParts {
  /** `registry/repository`. */
  readonly repository: string;
  /** The tag by which it was looked up; it leads to the digest no longer than nobody moves it. */
  readonly tag: string | null;
  readonly digest: string;
}

function imageParts(environment: Environment): ImageParts | null {
  const { pinnedImage, image, commit, branch } = componentOf(environment);
  if (pinnedImage === null) return null;
  const { reference } = parseImageReference(pinnedImage);
  if (reference === null || reference.digest === null) return null;
  const wanted = image === null || commit === null ? null : fillImageTemplate(image, { commit, branch }).reference;
  return {
    repository: `${reference.registry}/${reference.repository}`,
    tag: wanted?.tag ?? null,
    digest: reference.digest,
  };
}

function nested(path: ValuePath, value: JsonValue): JsonObject {
  const whole = path.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value);
  return isJsonObject(whole) ? whole : {};
}
