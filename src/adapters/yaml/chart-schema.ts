import { z } from 'zod';
import { isPrototypeKey, type JsonObject } from '../../core/json.ts';
import type { ImageValues, OwnChart, ValuePath } from '../../core/repository-file.ts';

const PATH_MAX_LENGTH = 500;
const PORT_MAX = 65_535;
const DEFAULT_PORT = 80;
/** Git has no such names, and a path of Argo CD neither. */
const FOLDER = /^[^\0\\]+$/;
const VALUE_PATH = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
/** A DNS label of RFC 1035, as the name of a Service has to be. */
const SERVICE_NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const folder = z
  .string({ error: 'must be the folder of a chart, such as deploy/chart' })
  .max(PATH_MAX_LENGTH, { error: `must have at most ${String(PATH_MAX_LENGTH)} characters` })
  .regex(FOLDER, { error: 'must be the folder of a chart, such as deploy/chart' })
  .refine((path) => !path.split('/').includes('..'), { error: 'must be a folder within the repository, without ".."' });

const valuePath = z
  .string({ error: 'must be a path of values, such as image.repository' })
  .max(PATH_MAX_LENGTH, { error: `must have at most ${String(PATH_MAX_LENGTH)} characters` })
  .regex(VALUE_PATH, { error: 'must be a path of values, such as image.repository' })
  .transform((text): ValuePath => text.split('.'))
  .refine((path) => !path.some(isPrototypeKey), { error: 'has a key that is not allowed' });

const imageValues = z
  .strictObject(
    {
      repository: valuePath.nullable().default(null),
      tag: valuePath.nullable().default(null),
      digest: valuePath.nullable().default(null),
      reference: valuePath.nullable().default(null),
    },
    { error: 'must be a map of `repository`, `tag`, `digest` and `reference`' },
  )
  .refine((values) => pathsOf(values).length > 0, { error: 'must name a value that takes the image' })
  .refine((values) => !overlap(pathsOf(values)), { error: 'must not name a value twice, or one within another' });

const chart = z.strictObject({
  path: folder,
  image_values: imageValues.nullable().default(null),
  sleep_values: z.record(z.string(), z.unknown(), { error: 'must be a map' }).nullable().default(null),
  service: z
    .string({ error: 'must be the name of a Service' })
    .regex(SERVICE_NAME, {
      error: 'must be the name of a Service: at most 63 lower-case letters, digits and hyphens, a letter first',
    })
    .nullable()
    .default(null),
  port: z
    .int({ error: 'must be a whole number' })
    .min(1, { error: 'must be at least 1' })
    .max(PORT_MAX, { error: `must be at most ${String(PORT_MAX)}` })
    .default(DEFAULT_PORT),
});

/** The part of `blueberry.yaml` about a chart of the repository's own: its folder alone, or with how to use it. */
export const chartSchema = z
  .union([folder.transform((path) => ({ path })).pipe(chart), chart], {
    error: 'must be the folder of a chart, or a map of `path`, `image_values`, `sleep_values`, `service` and `port`',
  })
  .transform(({ path, image_values, sleep_values, service, port }): OwnChart => ({
    path,
    imageValues: image_values,
    sleepValues: sleep_values as JsonObject | null,
    service,
    port,
  }));

function pathsOf({ repository, tag, digest, reference }: ImageValues): readonly ValuePath[] {
  return [repository, tag, digest, reference].filter((path) => path !== null);
}

/** Whether one of the paths is another, or leads through it. */
function overlap(paths: readonly ValuePath[]): boolean {
  return paths.some((upper, index) =>
    paths.some((lower, other) => other !== index && upper.every((key, depth) => lower[depth] === key)),
  );
}
