import type { Environment, EnvironmentSource } from '../core/environment.ts';
import { newEnvironment } from '../core/environment-intent.ts';
import { invalidField } from '../core/errors.ts';
import { visibilityOf, type Actor } from '../core/permissions.ts';
import type { Repository } from '../core/records.ts';
import type { EnvironmentStore, Versioned } from '../ports/environment-store.ts';
import { allOrFaults } from './all-or-faults.ts';
import { requireScope } from './authorize.ts';
import type { EnvironmentCreate } from './contract/environment-inputs.ts';
import { assertNameFree, deriveFreeName } from './environment-names.ts';
import type { EnvironmentServiceParts } from './environment-service-parts.ts';
import { claimSlots } from './quota.ts';
import { timelineWrite } from './timeline.ts';
import { put, unchanged, type CallOptions, type Plan } from './unit-of-work.ts';
import { usableConfigSet } from './usable-config-set.ts';

/**
 * Takes down the wish for an environment: record, name, quota slots and the first line of its history in one commit.
 * Nothing outside of the store is touched; the controller makes it true.
 */
export async function createEnvironment(
  parts: EnvironmentServiceParts,
  actor: Actor,
  input: EnvironmentCreate,
  source: EnvironmentSource,
  options: CallOptions<Versioned<Environment>>,
): Promise<Versioned<Environment>> {
  requireScope(actor, 'environments:write');
  const { store, identifiers, clock, urlOf } = parts;
  const id = identifiers.random('env');
  const owner = { id: actor.userId ?? 'system', email: actor.email };

  async function plan(): Promise<Plan<Versioned<Environment>>> {
    const [repository, configSet] = await allOrFaults([
      usableRepository(store, actor, input.repository_id),
      usableConfigSet(parts, input.config_set_id ?? null, input.repository_id),
    ]);
    if (input.name !== undefined) await assertNameFree(store, input.name);
    const name = input.name ?? (await deriveFreeName(store, input.branch));
    const slots = await claimSlots(store, parts.quotas, owner, id);
    const now = clock.timestamp();
    const environment = newEnvironment(
      {
        id,
        name,
        owner,
        audience: repository.record.audience,
        source,
        quotaSlots: slots.ids,
        component: componentFor(repository, input.branch),
        ttlHours: input.ttl_hours,
        configSet: configSet.use,
        helmValuesOverride: input.helm_values_override ?? null,
        url: urlOf(name),
      },
      now,
    );
    return {
      writes: [
        put('environment', id, environment),
        put('name_reservation', name, { environmentId: id }),
        ...slots.writes,
        timelineWrite(identifiers, actor, environment, now, {
          type: 'intent',
          reason: 'Created',
          message: `Created from ${input.branch} of ${repository.record.name}, until ${environment.spec.expiresAt}.`,
        }),
      ],
      preconditions: [
        { kind: 'environment', id, absent: true },
        { kind: 'name_reservation', id: name, absent: true },
        unchanged('repository', repository.id, repository),
        ...configSet.preconditions,
        ...slots.preconditions,
      ],
      result: { id, version: 1, record: environment },
    };
  }

  return parts.unitOfWork.execute(actor, plan, options.idempotency);
}

async function usableRepository(store: EnvironmentStore, actor: Actor, id: string): Promise<Versioned<Repository>> {
  const repository = await store.get(visibilityOf(actor), 'repository', id);
  if (!repository) throw invalidField('repository_id', 'is not the id of a connected repository', 'unknown_repository');
  if (repository.record.closing)
    throw invalidField('repository_id', 'is the id of a repository that is being disconnected', 'unknown_repository');
  return repository;
}

function componentFor(repository: Versioned<Repository>, branch: string): Environment['spec']['components'][0] {
  return {
    repositoryId: repository.id,
    repositoryUrl: repository.record.url,
    path: repository.record.path,
    branch,
    commit: null,
    branchHead: null,
    image: repository.record.image,
    pinnedImage: null,
    pullRequest: null,
  };
}
