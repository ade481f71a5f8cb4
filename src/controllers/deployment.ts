import type { ComponentCredentials } from '../ports/environment-runtime.ts';
import type { RepositoryFile } from '../core/repository-file.ts';
import type { MergedValues } from '../core/values.ts';

/** Everything about one deployment revision that does not change any more. */
export interface Deployment {
  /** Of all layers below Blueberry's own constants. */
  readonly merged: MergedValues;
  readonly repositoryFile: RepositoryFile | null;
  /** That file as it was read. */
  readonly repositoryFileText: string | null;
  readonly secretEnv: Readonly<Record<string, string>>;
  readonly credentials: ComponentCredentials;
}
