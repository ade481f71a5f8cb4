import type { Actor } from '../../core/permissions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RemoteBranches } from '../../ports/git-repositories.ts';
import type { RepositoryService } from '../../services/repository-service.ts';

export interface BranchChoice {
  readonly name: string;
  readonly commit: string;
  readonly isDefault: boolean;
}

export interface BranchChoices {
  readonly choices: readonly BranchChoice[];
  /** How many fit beyond those that are shown. */
  readonly more: number;
  /** Whether what was typed is a branch; also where nothing was typed. */
  readonly isBranch: boolean;
}

export interface BranchCompletion {
  /** Branches that contain what was typed; those that begin with it come first. Asks the remote as the service does. */
  complete(actor: Actor, repositoryId: string, typed: string): Promise<BranchChoices>;
}

/** While somebody types, the remote is asked once and not at each letter. */
const FRESH_MS = 10_000;
const CHOICES_MAX = 50;
const REMEMBERED_MAX = 100;

export function createBranchCompletion(
  repositories: Pick<RepositoryService, 'getRepository' | 'listBranches'>,
  clock: Clock,
): BranchCompletion {
  const remembered = new Map<string, { readonly until: number; readonly branches: Promise<RemoteBranches> }>();

  function branchesOf(actor: Actor, repositoryId: string, version: number): Promise<RemoteBranches> {
    const key = `${repositoryId}@${String(version)}`;
    const known = remembered.get(key);
    if (known && known.until > clock.now()) return known.branches;
    const branches = repositories.listBranches(actor, repositoryId);
    remembered.delete(key);
    remembered.set(key, { until: clock.now() + FRESH_MS, branches });
    branches.catch(() => remembered.delete(key));
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    return branches;
  }

  return {
    async complete(actor, repositoryId, typed) {
      // Read each time: what is remembered must not be shown to who may not see the repository.
      const repository = await repositories.getRepository(actor, repositoryId);
      const { branches } = await branchesOf(actor, repositoryId, repository.version);
      const all = branches.map(({ name, commit }) => ({
        name,
        commit,
        isDefault: name === repository.record.defaultBranch,
      }));
      const fitting = fittingBranches(all, typed);
      return {
        choices: fitting.slice(0, CHOICES_MAX),
        more: Math.max(0, fitting.length - CHOICES_MAX),
        isBranch: typed === '' || all.some(({ name }) => name === typed),
      };
    },
  };
}

function fittingBranches(all: readonly BranchChoice[], typed: string): readonly BranchChoice[] {
  const wanted = typed.trim().toLowerCase();
  // A whole name is a choice that was made: then all are shown, to choose another.
  const isWhole = all.some(({ name }) => name === typed);
  const rank = ({ name, isDefault }: BranchChoice): number => {
    if (isWhole && name === typed) return 0;
    if (!isWhole && wanted !== '' && name.toLowerCase().startsWith(wanted)) return 1;
    return isDefault ? 2 : 3;
  };
  return all
    .filter(({ name }) => isWhole || name.toLowerCase().includes(wanted))
    .sort((left, right) => rank(left) - rank(right) || left.name.localeCompare(right.name));
}
