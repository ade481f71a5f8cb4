import { projectName } from '../../src/adapters/argocd/objects/project.ts';
import { componentOf, type Environment } from '../../src/core/environment.ts';
import { kubernetesName } from '../../src/core/naming.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { createRandomIdentifiers } from '../../src/adapters/system/random-identifiers.ts';
import { effectiveValuesId } from '../../src/controllers/revision-deployment.ts';
import type { EnvironmentStore, Versioned, Write } from '../../src/ports/environment-store.ts';
import { put } from '../../src/services/unit-of-work.ts';

const identifiers = createRandomIdentifiers();

/** What tells one environment from another in all that is kept of it, in the store and in the cluster. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly repositoryId: string;
  readonly repositoryUrl: string;
  readonly branch: string;
  readonly commit: string;
}

export function identityOf(environment: Environment): Identity {
  const { id, name } = environment.metadata;
  const { repositoryId, repositoryUrl, branch, commit } = componentOf(environment);
  if (commit === null) throw new Error(`${name} has no commit yet.`);
  return { id, name, repositoryId, repositoryUrl, branch, commit };
}

export function newIdentity(identity: Omit<Identity, 'id'>): Identity {
  return { id: identifiers.random('env'), ...identity };
}

/** The same of another environment. Longer texts first, as some hold others. */
export function copied<T>(original: T, from: Identity, to: Identity): T {
  const texts = (identity: Identity): readonly string[] => [
    kubernetesName(identity.name, identity.id),
    projectName(identity.repositoryId),
    identity.repositoryUrl,
    identity.repositoryId,
    identity.commit,
    identity.commit.slice(0, 7),
    identity.id,
    identity.branch,
    identity.name,
  ];
  const replacements = texts(to);
  let text = JSON.stringify(original);
  for (const [index, known] of texts(from).entries()) text = text.replaceAll(known, replacements[index] ?? '');
  return JSON.parse(text) as T;
}

/** All that the store keeps of an environment that runs. */
export async function recordsOf(
  store: EnvironmentStore,
  { record }: Versioned<Environment>,
): Promise<readonly Write[]> {
  const { id, name } = record.metadata;
  const values = await store.get(EVERYTHING, 'effective_values', effectiveValuesId(record));
  const history = await store.list(EVERYTHING, 'timeline_event', { where: { environmentId: id }, limit: 200 });
  if (values === null || history.items.length === 0) throw new Error(`${name} has no values or no history.`);
  return [
    put('environment', id, record),
    put('name_reservation', name, { environmentId: id }),
    put('effective_values', values.id, values.record),
    ...history.items.map((line) => put('timeline_event', line.id, line.record)),
  ];
}

/** The same of another environment, with lines of history of its own. */
export function copiedRecords(records: readonly Write[], from: Identity, to: Identity): readonly Write[] {
  return copied(records, from, to).map((write) =>
    write.kind === 'timeline_event' ? { ...write, id: identifiers.ordered('evt') } : write,
  );
}
