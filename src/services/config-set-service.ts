import { Failure, invalidField, notFound } from '../core/errors.ts';
import { EVERYTHING, visibilityOf, type Actor } from '../core/permissions.ts';
import type { ConfigSet, ConfigSetRevision } from '../core/records.ts';
import type { Cipher } from '../ports/cipher.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Page, PageRequest, Versioned } from '../ports/environment-store.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import { requireScope } from './authorize.ts';
import type { ConfigSetCreate, ConfigSetUpdate } from './contract/config-set-inputs.ts';
import { deleteUnused, type Belongings } from './delete-unused.ts';
import { assertVersion, put, unchanged, type CallOptions, type UnitOfWork } from './unit-of-work.ts';

export interface ConfigSetServiceParts {
  readonly store: EnvironmentStore;
  readonly cipher: Cipher;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
}

/** A config set with the contents of one of its revisions. Of secrets only the names are ever shown. */
export interface ConfigSetView {
  readonly id: string;
  readonly version: number;
  readonly configSet: ConfigSet;
  readonly revision: ConfigSetRevision;
}

type Options = CallOptions<ConfigSetView>;

export interface ConfigSetService {
  createConfigSet(actor: Actor, input: ConfigSetCreate, options?: Options): Promise<ConfigSetView>;
  getConfigSet(actor: Actor, id: string): Promise<ConfigSetView>;
  listConfigSets(
    actor: Actor,
    page: PageRequest,
  ): Promise<{ items: readonly ConfigSetView[]; nextCursor: string | null }>;
  /** Newest first. */
  listRevisions(actor: Actor, id: string, page: PageRequest): Promise<Page<ConfigSetRevision>>;
  updateConfigSet(actor: Actor, id: string, input: ConfigSetUpdate, options?: Options): Promise<ConfigSetView>;
  /** Refused while a living environment uses it. */
  deleteConfigSet(actor: Actor, id: string, options?: Options): Promise<void>;
}

const REVISIONS_PER_COMMIT = 200;

export function createConfigSetService({
  store,
  cipher,
  unitOfWork,
  clock,
  identifiers,
}: ConfigSetServiceParts): ConfigSetService {
  async function view({ id, version, record }: Versioned<ConfigSet>): Promise<ConfigSetView> {
    const revision = await store.get(EVERYTHING, 'config_set_revision', configSetRevisionId(id, record.revision));
    if (!revision)
      throw new Failure('unavailable', `Revision ${String(record.revision)} of config set ${id} is missing.`);
    return { id, version, configSet: record, revision: revision.record };
  }

  /** For use cases that ask for a scope of their own. */
  async function find(actor: Actor, id: string): Promise<Versioned<ConfigSet>> {
    const found = await store.get(visibilityOf(actor), 'config_set', id);
    if (!found) throw notFound('config set', id);
    return found;
  }

  async function read(actor: Actor, id: string): Promise<Versioned<ConfigSet>> {
    requireScope(actor, 'config_sets:read');
    return find(actor, id);
  }

  /** Oldest first, so that the current one, with which it is shown, is among the last. */
  async function revisionsToDelete(configSetId: string): Promise<Belongings> {
    const page = await store.list(EVERYTHING, 'config_set_revision', {
      where: { configSetId },
      limit: REVISIONS_PER_COMMIT,
    });
    return {
      deletions: page.items.map(({ id }) => ({ op: 'delete', kind: 'config_set_revision', id })),
      areLast: page.nextCursor === null,
    };
  }

  async function assertRepositoriesExist(ids: readonly string[]): Promise<void> {
    for (const [index, id] of ids.entries()) {
      if (await store.get(EVERYTHING, 'repository', id)) continue;
      throw invalidField(
        `repository_ids.${String(index)}`,
        'is not the id of a connected repository',
        'unknown_repository',
      );
    }
  }

  return {
    async createConfigSet(actor, input, options = {}) {
      requireScope(actor, 'config_sets:write');
      const id = identifiers.random('cfg');
      const sealedSecrets = await sealAll(cipher, input.secrets, configSetRevisionId(id, 1));
      return unitOfWork.execute(
        actor,
        async () => {
          await assertRepositoriesExist(input.repository_ids);
          const now = clock.timestamp();
          const createdBy = { id: actor.userId ?? 'system', email: actor.email };
          const configSet: ConfigSet = {
            name: input.name,
            description: input.description,
            repositoryIds: input.repository_ids,
            revision: 1,
            createdAt: now,
            updatedAt: now,
            createdBy,
          };
          const revision: ConfigSetRevision = {
            configSetId: id,
            revision: 1,
            values: input.values,
            sealedSecrets,
            createdAt: now,
            createdBy,
          };
          return {
            writes: [
              put('config_set', id, configSet),
              put('config_set_revision', configSetRevisionId(id, 1), revision),
            ],
            preconditions: [unchanged('config_set', id, null)],
            result: { id, version: 1, configSet, revision },
          };
        },
        options.idempotency,
      );
    },
    async getConfigSet(actor, id) {
      return view(await read(actor, id));
    },
    async listConfigSets(actor, page) {
      requireScope(actor, 'config_sets:read');
      const found = await store.list(visibilityOf(actor), 'config_set', page);
      return { items: await Promise.all(found.items.map(view)), nextCursor: found.nextCursor };
    },
    async listRevisions(actor, id, page) {
      await read(actor, id);
      return store.list(EVERYTHING, 'config_set_revision', {
        ...page,
        where: { configSetId: id },
        order: 'descending',
      });
    },
    async updateConfigSet(actor, id, input, options = {}) {
      requireScope(actor, 'config_sets:write');
      return unitOfWork.execute(
        actor,
        async () => {
          const found = await find(actor, id);
          assertVersion(found, options);
          if (input.repository_ids) await assertRepositoriesExist(input.repository_ids);
          const before = await view(found);
          const number = found.record.revision + 1;
          const now = clock.timestamp();
          const configSet: ConfigSet = {
            ...found.record,
            name: input.name ?? found.record.name,
            description: input.description ?? found.record.description,
            repositoryIds: input.repository_ids ?? found.record.repositoryIds,
            revision: number,
            updatedAt: now,
          };
          const revision: ConfigSetRevision = {
            configSetId: id,
            revision: number,
            values: input.values ?? before.revision.values,
            sealedSecrets: await nextSecrets(
              cipher,
              before.revision,
              input.secrets ?? {},
              configSetRevisionId(id, number),
            ),
            createdAt: now,
            createdBy: { id: actor.userId ?? 'system', email: actor.email },
          };
          return {
            writes: [
              put('config_set', id, configSet),
              put('config_set_revision', configSetRevisionId(id, number), revision),
            ],
            preconditions: [unchanged('config_set', id, found)],
            result: { id, version: found.version + 1, configSet, revision },
          };
        },
        options.idempotency,
      );
    },
    async deleteConfigSet(actor, id, options = {}) {
      requireScope(actor, 'config_sets:write');
      await deleteUnused({ store, unitOfWork }, actor, {
        kind: 'config_set',
        async find() {
          const found = await find(actor, id);
          assertVersion(found, options);
          return found;
        },
        uses: { configSetId: id },
        inUse: ({ name }, living) =>
          new Failure(
            'conflict',
            `${name} is used by ${String(living)} living environments. Give them another config set first.`,
            { code: 'config_set_in_use' },
          ),
        belongings: revisionsToDelete,
      });
    },
  };
}

/** Revisions of one config set sort by their number. */
export function configSetRevisionId(configSetId: string, revision: number): string {
  return `${configSetId}:${String(revision).padStart(8, '0')}`;
}

/** The secrets of a revision in plain text, for the one who hands them to a runtime. */
export async function openSecrets(cipher: Cipher, revision: ConfigSetRevision): Promise<Record<string, string>> {
  const associatedData = configSetRevisionId(revision.configSetId, revision.revision);
  const opened: Record<string, string> = {};
  for (const [name, sealed] of Object.entries(revision.sealedSecrets))
    opened[name] = await cipher.open(sealed, associatedData);
  return opened;
}

async function sealAll(
  cipher: Cipher,
  secrets: Readonly<Record<string, string>>,
  associatedData: string,
): Promise<Record<string, string>> {
  const sealed: Record<string, string> = {};
  for (const [name, text] of Object.entries(secrets)) sealed[name] = await cipher.seal(text, associatedData);
  return sealed;
}

async function nextSecrets(
  cipher: Cipher,
  before: ConfigSetRevision,
  changes: Readonly<Record<string, string | null>>,
  associatedData: string,
): Promise<Record<string, string>> {
  const merged: Record<string, string | null> = { ...(await openSecrets(cipher, before)), ...changes };
  const kept = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null);
  return sealAll(cipher, Object.fromEntries(kept), associatedData);
}
