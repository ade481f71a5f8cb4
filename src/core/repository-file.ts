import type { JsonObject } from './json.ts';

/** `blueberry.yaml` at a repository's root or path, understood and checked. */
export interface RepositoryFile {
  /** Commands run one after another in a shell before the first start. */
  readonly build: readonly string[];
  /** Command that serves HTTP on `PORT`; null leaves it to what else the repository says (Procfile, package.json…). */
  readonly run: string | null;
  readonly health: HealthCheck | null;
  /** The lowest layer of values: `env`, and under `values` whatever a chart takes. */
  readonly values: JsonObject;
  /** A chart of the repository's own; null leaves it to the workload chart. */
  readonly chart: OwnChart | null;
}

/** A Helm chart in the repository, and how Blueberry gets along with it. */
export interface OwnChart {
  /** As the file says it; `chartFolder` tells where that is. */
  readonly path: string;
  /** Which of its values take the image; null where the file does not say. */
  readonly imageValues: ImageValues | null;
  /** What is merged over all other values while the environment sleeps; null where it can't. */
  readonly sleepValues: JsonObject | null;
  /** Name of the Service that serves the environment; null: that of the release. */
  readonly service: string | null;
  readonly port: number;
}

/** Paths of values, key by key. Which are named is up to the chart. */
export interface ImageValues {
  /** `registry/repository`. */
  readonly repository: ValuePath | null;
  readonly tag: ValuePath | null;
  /** `sha256:…`. */
  readonly digest: ValuePath | null;
  /** The whole `registry/repository@sha256:…`. */
  readonly reference: ValuePath | null;
}

export type ValuePath = readonly string[];

/** Where most charts take their image. */
export const USUAL_IMAGE_VALUES: ImageValues = {
  repository: ['image', 'repository'],
  tag: ['image', 'tag'],
  digest: ['image', 'digest'],
  reference: null,
};

/**
 * Folder of a chart from the root of its repository, empty for the root itself. A path counts from the folder of the file
 * that names it, or with a slash in front from the root.
 * @param fileFolder where `blueberry.yaml` is, from the root
 */
export function chartFolder({ path }: Pick<OwnChart, 'path'>, fileFolder: string): string {
  const whole = path.startsWith('/') ? path : `${fileFolder}/${path}`;
  return whole
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

export interface HealthCheck {
  /** Answers 2xx or 3xx when healthy. */
  readonly path: string;
  /** Seconds from the start of the command to the first healthy answer. */
  readonly timeoutSeconds: number;
}

/** One thing wrong in a file of a repository. Lines count from 1. */
export interface FileFault {
  readonly line: number;
  readonly message: string;
}

export const REPOSITORY_FILE_NAME = 'blueberry.yaml';
