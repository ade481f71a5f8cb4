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
