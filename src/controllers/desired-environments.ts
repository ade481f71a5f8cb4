import { diagnose, type Diagnosis } from '../core/diagnosis.ts';
import { componentOf, type Environment } from '../core/environment.ts';
import { GitFailure } from '../core/git-failure.ts';
import type { JsonObject } from '../core/json.ts';
import { EVERYTHING } from '../core/permissions.ts';
import type { ConfigSetRevision, EffectiveValues, Repository } from '../core/records.ts';
import { REPOSITORY_FILE_NAME, type RepositoryFile } from '../core/repository-file.ts';
import { environmentVariables, mergeObjects, mergeValues } from '../core/values.ts';
import { blueberryValues } from '../core/workload-values.ts';
import type { DesiredEnvironment } from '../ports/environment-runtime.ts';
import type { Versioned } from '../ports/environment-store.ts';
import { configSetRevisionId, openSecrets } from '../services/config-set-service.ts';
import { imageCredentialOf } from '../services/repository-credentials.ts';
import { accessOf } from '../services/repository-service.ts';
import type { Deployment } from './deployment.ts';
import type { ReconcileParts } from './reconcile-context.ts';

export type DeploymentResult =
  | { readonly deployment: Deployment; readonly diagnosis: null }
  | { readonly deployment: null; readonly diagnosis: Diagnosis };

/**
 * Merges the layers of values of one revision, and reads the repository's own file at its commit.
 * @param kept what was read and merged when this revision was first put in place: it stays as it is, whatever has become
 *   of the layers since
 */
export async function composeDeployment(
  parts: ReconcileParts,
  environment: Environment,
  commit: string,
  kept: EffectiveValues | null,
): Promise<DeploymentResult> {
  const component = componentOf(environment);
  const repository = await parts.store.get(EVERYTHING, 'repository', component.repositoryId);
  if (!repository)
    return fault('RepositoryDisconnected', `The repository ${component.repositoryUrl} is not connected any more`);
  // A runtime that builds from source needs the commit itself: that it can be read shows that it is still there.
  const known = parts.images === null ? undefined : kept?.repositoryFileText;
  const read = await readRepositoryFile(parts, repository, { commit, folder: component.path, known });
  if (read.diagnosis) return { deployment: null, diagnosis: read.diagnosis };
  const { configSet } = environment.spec;
  let revision: ConfigSetRevision | null = null;
  if (configSet) {
    const found = await parts.store.get(
      EVERYTHING,
      'config_set_revision',
      configSetRevisionId(configSet.id, configSet.revision),
    );
    if (!found)
      return fault('ConfigSetGone', `Revision ${String(configSet.revision)} of config set ${configSet.id} is gone`);
    revision = found.record;
  }
  const merged = kept
    ? { values: kept.values, origins: kept.origins }
    : mergeValues([
        { layer: 'repository_file', values: read.file?.values ?? null },
        { layer: 'repository', values: repository.record.values },
        { layer: 'config_set', values: revision?.values ?? null },
        { layer: 'override', values: environment.spec.helmValuesOverride },
      ]);
  const secretEnv = revision ? await openSecrets(parts.cipher, revision) : {};
  const credentials = {
    repository: (await accessOf(parts.cipher, repository)).credential,
    image: await imageCredentialOf(parts.cipher, repository),
  };
  const { file: repositoryFile, text: repositoryFileText } = read;
  return { deployment: { merged, repositoryFile, repositoryFileText, secretEnv, credentials }, diagnosis: null };
}

/** Blueberry's own constants as they are wanted now; null where the runtime builds from source and takes none. */
export function constantsOf(
  { images }: Pick<ReconcileParts, 'images'>,
  environment: Environment,
  { repositoryFile, secretEnv, credentials }: Deployment,
): JsonObject | null {
  if (images === null) return null;
  return blueberryValues(environment, repositoryFile?.chart ?? null, {
    variables: Object.keys(secretEnv),
    hasImageCredential: credentials.image !== null,
  });
}

export function desiredEnvironment(
  environment: Environment,
  commit: string,
  { merged, repositoryFile, secretEnv, credentials }: Deployment,
  constants: JsonObject | null,
): DesiredEnvironment {
  const { metadata, spec } = environment;
  const component = componentOf(environment);
  const values = constants === null ? merged.values : mergeObjects(merged.values, constants);
  return {
    key: { id: metadata.id, name: metadata.name },
    revision: spec.revision,
    asleep: spec.asleep,
    expiresAt: spec.expiresAt,
    components: [
      {
        repositoryId: component.repositoryId,
        repositoryUrl: component.repositoryUrl,
        path: component.path,
        branch: component.branch,
        commit,
        image: component.pinnedImage,
        values,
        env: environmentVariables(values),
        secretEnv,
        repositoryFile,
        credentials,
      },
    ],
  };
}

type FileResult =
  | { readonly file: RepositoryFile | null; readonly text: string | null; readonly diagnosis: null }
  | { readonly file: null; readonly diagnosis: Diagnosis };

interface FileQuestion {
  readonly commit: string;
  readonly folder: string;
  /** Its text, where that was kept. */
  readonly known: string | null | undefined;
}

async function readRepositoryFile(
  parts: ReconcileParts,
  repository: Versioned<Repository>,
  { commit, folder, known }: FileQuestion,
): Promise<FileResult> {
  const path = folder === '' ? REPOSITORY_FILE_NAME : `${folder}/${REPOSITORY_FILE_NAME}`;
  let text: string | null;
  try {
    text =
      known !== undefined ? known : await parts.git.readFile(await accessOf(parts.cipher, repository), commit, path);
  } catch (error) {
    if (!(error instanceof GitFailure) || error.reason !== 'file_too_large') throw error;
    return { file: null, diagnosis: diagnose('InvalidRepositoryFile', error.message) };
  }
  if (text === null) return { file: null, text, diagnosis: null };
  const { file, faults } = parts.repositoryFiles.read(text);
  if (file) return { file, text, diagnosis: null };
  const told = faults.map(({ line, message }) => `${path}:${String(line)}: ${message}`).join('; ');
  return { file: null, diagnosis: diagnose('InvalidRepositoryFile', told) };
}

function fault(reason: Diagnosis['reason'], cause: string): DeploymentResult {
  return { deployment: null, diagnosis: diagnose(reason, cause) };
}
