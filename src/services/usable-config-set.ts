import type { EnvironmentSpec } from '../core/environment.ts';
import { invalidField } from '../core/errors.ts';
import { EVERYTHING } from '../core/permissions.ts';
import type { EnvironmentStore, Precondition } from '../ports/environment-store.ts';
import { unchanged } from './unit-of-work.ts';

/** The config set that an environment gets, and what must still be so when that is written down. */
export interface ConfigSetChoice {
  readonly use: EnvironmentSpec['configSet'];
  readonly preconditions: readonly Precondition[];
}

/** The newest revision of a config set, if the repository's environments may use it. */
export async function usableConfigSet(
  { store }: { readonly store: EnvironmentStore },
  configSetId: string | null,
  repositoryId: string,
): Promise<ConfigSetChoice> {
  if (configSetId === null) return { use: null, preconditions: [] };
  const configSet = await store.get(EVERYTHING, 'config_set', configSetId);
  if (!configSet || configSet.record.closing)
    throw invalidField('config_set_id', 'is not the id of a config set', 'unknown_config_set');
  if (!configSet.record.repositoryIds.includes(repositoryId)) {
    throw invalidField(
      'config_set_id',
      'is not shared with this repository: add the repository to its repository_ids',
      'config_set_not_shared',
    );
  }
  return {
    use: { id: configSetId, revision: configSet.record.revision },
    preconditions: [unchanged('config_set', configSetId, configSet)],
  };
}
