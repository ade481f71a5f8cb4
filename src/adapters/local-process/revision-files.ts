import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnosis } from '../../core/diagnosis.ts';
import type { HealthCheck } from '../../core/repository-file.ts';
import type { ProcessIdentity } from './process-table.ts';
import { readState, writeWhole } from './state-files.ts';

/** What is kept of a revision between two lives of Blueberry. No value of an environment variable is among it. */
export interface RevisionState {
  readonly revision: number;
  readonly commit: string;
  readonly repositoryId: string;
  /** Whether the checkout is whole. */
  checkedOut: boolean;
  /** Whether there is nothing left to build. */
  built: boolean;
  failure: { readonly stage: 'build' | 'run'; readonly diagnosis: Diagnosis } | null;
  builder: ProcessIdentity | null;
  /** The supervisor of what serves, recorded before it starts anything. */
  process: ServingProcess | null;
}

export interface ServingProcess extends ProcessIdentity {
  readonly port: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly restarts: number;
  readonly command: string;
  readonly health: HealthCheck | null;
}

export interface RevisionPaths {
  readonly folder: string;
  readonly source: string;
  readonly buildLog: string;
  readonly webLog: string;
  readonly buildExit: string;
  readonly webExit: string;
  readonly troubles: string;
}

const FOLDER_NAME = /^revision-(\d+)$/;

export function revisionPaths(environmentFolder: string, revision: number): RevisionPaths {
  const folder = join(environmentFolder, `revision-${revision}`);
  return {
    folder,
    source: join(folder, 'source'),
    buildLog: join(folder, 'build.log'),
    webLog: join(folder, 'web.log'),
    buildExit: join(folder, 'build-exit.json'),
    webExit: join(folder, 'web-exit.json'),
    troubles: join(folder, 'supervisor.log'),
  };
}

/** Null for a name that is not a revision's folder. */
export function revisionOfFolder(name: string): number | null {
  const digits = FOLDER_NAME.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** What the checkout is called in the repository. */
export function checkoutLabel(environmentId: string, revision: number): string {
  return `${environmentId}-${revision}`;
}

export function newRevisionState(revision: number, commit: string, repositoryId: string): RevisionState {
  return {
    revision,
    commit,
    repositoryId,
    checkedOut: false,
    built: false,
    failure: null,
    builder: null,
    process: null,
  };
}

export function readRevisionState(paths: RevisionPaths): Promise<RevisionState | null> {
  return readState<RevisionState>(join(paths.folder, 'state.json'));
}

export async function saveRevisionState(paths: RevisionPaths, state: RevisionState, durable = false): Promise<void> {
  await mkdir(paths.folder, { recursive: true, mode: 0o700 });
  await writeWhole(join(paths.folder, 'state.json'), JSON.stringify(state), { durable });
}
