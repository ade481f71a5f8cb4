import { Failure, invalidField, notFound } from '../core/errors.ts';
import { GitFailure } from '../core/git-failure.ts';
import { parseGitRemote, repositoryNameOf } from '../core/git-url.ts';
import { visibilityOf, type Actor } from '../core/permissions.ts';
import type { Repository } from '../core/records.ts';
import type { Cipher } from '../ports/cipher.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Page, PageRequest, Versioned } from '../ports/environment-store.ts';
import type { CommitInfo, GitRepositories, RemoteBranches, RepositoryAccess } from '../ports/git-repositories.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import { requireScope } from './authorize.ts';
import type { RepositoryCreate, RepositoryUpdate } from './contract/repository-inputs.ts';
import { deleteUnused } from './delete-unused.ts';
import { gitSentence, withUpstreamFailure } from './git-failures.ts';
import { assertMayFollow, assertMayFollowImage, sealedSecret } from './repository-credentials.ts';
import { assertVersion, put, unchanged, type CallOptions, type UnitOfWork } from './unit-of-work.ts';

export interface RepositoryServiceParts {
  readonly store: EnvironmentStore;
  readonly git: GitRepositories;
  readonly cipher: Cipher;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  /** Local paths are for development only. */
  readonly allowLocal: boolean;
}

export interface RepositoryTest {
  readonly ok: boolean;
  /** One sentence: what was found, or what is wrong and what to do. */
  readonly message: string;
  readonly branchCount: number;
  readonly defaultBranch: string | null;
}

type Result = Promise<Versioned<Repository>>;
type Options = CallOptions<Versioned<Repository>>;

export interface RepositoryService {
  createRepository(actor: Actor, input: RepositoryCreate, options?: Options): Result;
  getRepository(actor: Actor, id: string): Result;
  listRepositories(actor: Actor, page: PageRequest): Promise<Page<Repository>>;
  updateRepository(actor: Actor, id: string, input: RepositoryUpdate, options?: Options): Result;
  /** Refused while environments of it live. */
  deleteRepository(actor: Actor, id: string, options?: Options): Promise<void>;
  /** Asks the remote now. */
  listBranches(actor: Actor, id: string): Promise<RemoteBranches>;
  listCommits(actor: Actor, id: string, branch: string, limit: number): Promise<readonly CommitInfo[]>;
  testRepository(actor: Actor, id: string): Promise<RepositoryTest>;
}

export function createRepositoryService(parts: RepositoryServiceParts): RepositoryService {
  const { store, git, cipher, unitOfWork, clock, identifiers } = parts;

  /** For use cases that ask for a scope of their own. */
  async function find(actor: Actor, id: string): Result {
    const found = await store.get(visibilityOf(actor), 'repository', id);
    if (!found) throw notFound('repository', id);
    return found;
  }

  async function read(actor: Actor, id: string): Result {
    requireScope(actor, 'repositories:read');
    return find(actor, id);
  }

  function checkedUrl(url: string): string {
    const { remote, fault } = parseGitRemote(url, parts.allowLocal);
    if (remote === null) throw invalidField('url', fault, 'repository_url');
    return remote.url;
  }

  return {
    async createRepository(actor, input, options = {}) {
      requireScope(actor, 'repositories:write');
      const id = identifiers.random('repo');
      const url = checkedUrl(input.url);
      const credential = input.credential ?? null;
      let defaultBranch = input.default_branch;
      const sealedCredential = (await sealedSecret(cipher, credential, id)) ?? null;
      const sealedImageCredential = (await sealedSecret(cipher, input.image_credential, id)) ?? null;
      return unitOfWork.execute(
        actor,
        async () => {
          // Asked for here, so that a call which was made before does not need the remote again.
          defaultBranch ??= await remoteDefaultBranch(git, { id, url, credential });
          const now = clock.timestamp();
          const record: Repository = {
            name: input.name ?? repositoryNameOf(url),
            url,
            defaultBranch,
            path: input.path,
            image: input.image ?? null,
            sealedCredential,
            sealedImageCredential,
            values: input.values ?? null,
            audience: [],
            createdAt: now,
            updatedAt: now,
            createdBy: { id: actor.userId ?? 'system', email: actor.email },
          };
          return {
            writes: [put('repository', id, record)],
            preconditions: [unchanged('repository', id, null)],
            result: { id, version: 1, record },
          };
        },
        options.idempotency,
      );
    },
    getRepository: read,
    listRepositories(actor, page) {
      requireScope(actor, 'repositories:read');
      return store.list(visibilityOf(actor), 'repository', page);
    },
    async updateRepository(actor, id, input, options = {}) {
      requireScope(actor, 'repositories:write');
      const url = input.url === undefined ? undefined : checkedUrl(input.url);
      const sealedCredential = await sealedSecret(cipher, input.credential, id);
      const sealedImageCredential = await sealedSecret(cipher, input.image_credential, id);
      return unitOfWork.execute(
        actor,
        async () => {
          const found = await find(actor, id);
          assertVersion(found, options);
          if (sealedCredential === undefined && url !== undefined) assertMayFollow(found.record, url);
          if (sealedImageCredential === undefined && input.image) assertMayFollowImage(found.record, input.image);
          const record: Repository = {
            ...found.record,
            name: input.name ?? found.record.name,
            url: url ?? found.record.url,
            defaultBranch: input.default_branch ?? found.record.defaultBranch,
            path: input.path ?? found.record.path,
            image: input.image === undefined ? found.record.image : input.image,
            sealedCredential: sealedCredential === undefined ? found.record.sealedCredential : sealedCredential,
            sealedImageCredential:
              sealedImageCredential === undefined ? found.record.sealedImageCredential : sealedImageCredential,
            values: input.values === undefined ? found.record.values : input.values,
            updatedAt: clock.timestamp(),
          };
          return {
            writes: [put('repository', id, record)],
            preconditions: [unchanged('repository', id, found)],
            result: { id, version: found.version + 1, record },
          };
        },
        options.idempotency,
      );
    },
    async deleteRepository(actor, id, options = {}) {
      requireScope(actor, 'repositories:write');
      await deleteUnused(parts, actor, {
        kind: 'repository',
        async find() {
          const found = await find(actor, id);
          assertVersion(found, options);
          return found;
        },
        uses: { repositoryId: id },
        inUse: ({ name }, living) =>
          new Failure('conflict', `${name} still has ${String(living)} living environments. Delete them first.`, {
            code: 'repository_in_use',
          }),
      });
      await git.forget(id);
    },
    async listBranches(actor, id) {
      const found = await read(actor, id);
      return withUpstreamFailure(found.record.url, async () => git.listBranches(await accessOf(cipher, found)));
    },
    async listCommits(actor, id, branch, limit) {
      const found = await read(actor, id);
      return withUpstreamFailure(found.record.url, async () => {
        const access = await accessOf(cipher, found);
        await git.fetchBranch(access, branch);
        return git.recentCommits(access, branch, limit);
      });
    },
    async testRepository(actor, id) {
      const found = await read(actor, id);
      try {
        const { branches, defaultBranch } = await git.listBranches(await accessOf(cipher, found));
        const count = `${String(branches.length)} ${branches.length === 1 ? 'branch' : 'branches'}`;
        const message = `Reached it: ${count}; ${defaultBranch === null ? 'it names no default branch' : `its default branch is ${defaultBranch}`}.`;
        return { ok: true, message, branchCount: branches.length, defaultBranch };
      } catch (error) {
        if (!(error instanceof GitFailure)) throw error;
        return { ok: false, message: gitSentence(error, found.record.url), branchCount: 0, defaultBranch: null };
      }
    },
  };
}

/** A repository as Git needs it, its credential opened for this one use. */
export async function accessOf(cipher: Cipher, { id, record }: Versioned<Repository>): Promise<RepositoryAccess> {
  const credential = record.sealedCredential === null ? null : await cipher.open(record.sealedCredential, id);
  return { id, url: record.url, credential };
}

async function remoteDefaultBranch(git: GitRepositories, access: RepositoryAccess): Promise<string> {
  return withUpstreamFailure(access.url, async () => {
    const { defaultBranch, branches } = await git.listBranches(access);
    return defaultBranch ?? branches[0]?.name ?? 'main';
  });
}
