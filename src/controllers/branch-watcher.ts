import { componentOf, type Environment } from '../core/environment.ts';
import { parseGitRemote } from '../core/git-url.ts';
import { EVERYTHING, SYSTEM_ACTOR } from '../core/permissions.ts';
import type { Cipher } from '../ports/cipher.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Versioned } from '../ports/environment-store.ts';
import type { GitRepositories, RemoteBranches } from '../ports/git-repositories.ts';
import type { Log } from '../ports/log.ts';
import type { EnvironmentService } from '../services/environment-service.ts';
import { accessOf } from '../services/repository-service.ts';
import { LeadershipLost } from '../services/unit-of-work.ts';
import type { LivingEnvironments } from './living-environments.ts';

export interface BranchWatcherParts {
  readonly store: EnvironmentStore;
  readonly git: GitRepositories;
  readonly cipher: Cipher;
  readonly clock: Clock;
  readonly log: Log;
  readonly environments: Pick<EnvironmentService, 'followBranch' | 'deleteEnvironment'>;
  readonly living: LivingEnvironments;
  readonly settings: {
    readonly pollLocalMs: number;
    readonly pollRemoteMs: number;
    /** Whether an environment ends when its branch is gone. */
    readonly deleteGoneBranches: boolean;
  };
}

/** A branch must be missing twice, so far apart, on a remote that answers well, before it counts as gone. */
const GONE_AFTER_MS = 10 * 60_000;
const TICK_MS = 250;
const PARALLEL_LOOKS = 4;

/** Asks each repository with living environments for its branches, one look for all of them, and deploys what is new. */
export async function watchBranches(parts: BranchWatcherParts, signal: AbortSignal): Promise<void> {
  const { clock, settings } = parts;
  const dueAt = new Map<string, number>();
  const missingSince = new Map<string, number>();
  const looking = new Map<string, Promise<void>>();
  let byRepository = followers(parts.living);
  let asOf = parts.living.changes;
  while (!signal.aborted) {
    if (asOf !== parts.living.changes) {
      asOf = parts.living.changes;
      byRepository = followers(parts.living);
    }
    // The longest overdue first, so that a few remotes that never answer can't keep all others waiting.
    const due = [...byRepository]
      .map(([repositoryId, environments]) => ({ repositoryId, environments, at: dueAt.get(repositoryId) ?? 0 }))
      .filter(({ repositoryId, at }) => at <= clock.now() && !looking.has(repositoryId))
      .sort((left, right) => left.at - right.at);
    for (const { repositoryId, environments } of due.slice(0, PARALLEL_LOOKS - looking.size)) {
      const url = environments[0] ? componentOf(environments[0].record).repositoryUrl : '';
      const pollMs = parseGitRemote(url, true).remote?.kind === 'local' ? settings.pollLocalMs : settings.pollRemoteMs;
      const look = lookAt(parts, repositoryId, environments, missingSince, signal).finally(() => {
        looking.delete(repositoryId);
        dueAt.set(repositoryId, clock.now() + pollMs);
      });
      looking.set(repositoryId, look);
    }
    for (const id of dueAt.keys()) if (!byRepository.has(id)) dueAt.delete(id);
    await clock.sleep(TICK_MS, signal);
  }
  await Promise.all(looking.values());
}

function followers(living: LivingEnvironments): Map<string, Versioned<Environment>[]> {
  const byRepository = new Map<string, Versioned<Environment>[]>();
  for (const environment of living.values()) {
    const { metadata, spec } = environment.record;
    const component = componentOf(environment.record);
    if (metadata.deletionTimestamp !== null || !spec.autoUpdate || component.branchHead === null) continue;
    const group = byRepository.get(component.repositoryId);
    if (group) group.push(environment);
    else byRepository.set(component.repositoryId, [environment]);
  }
  return byRepository;
}

async function lookAt(
  parts: BranchWatcherParts,
  repositoryId: string,
  environments: readonly Versioned<Environment>[],
  missingSince: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const remote = await branchesOf(parts, repositoryId, signal);
  if (remote === null) return;
  const heads = new Map(remote.branches.map(({ name, commit }) => [name, commit]));
  for (const environment of environments) {
    try {
      await compare(parts, environment, heads, missingSince);
    } catch (error) {
      if (error instanceof LeadershipLost) throw error;
      // One that is ending meanwhile, say, is no reason to leave out the others.
      parts.log.warn({ environment: environment.id, error: String(error) }, 'A new commit could not be taken up yet.');
    }
  }
}

/** Null where the remote does not answer: that is no news, and what runs goes on running. */
async function branchesOf(
  parts: BranchWatcherParts,
  repositoryId: string,
  signal: AbortSignal,
): Promise<RemoteBranches | null> {
  try {
    const repository = await parts.store.get(EVERYTHING, 'repository', repositoryId);
    return repository && (await parts.git.listBranches(await accessOf(parts.cipher, repository), signal));
  } catch (error) {
    const details = { repository: repositoryId, error: String(error) };
    if (!signal.aborted) parts.log.debug(details, 'The repository could not be asked for news.');
    return null;
  }
}

async function compare(
  { environments, clock, settings, log }: BranchWatcherParts,
  environment: Versioned<Environment>,
  heads: ReadonlyMap<string, string>,
  missingSince: Map<string, number>,
): Promise<void> {
  const { id } = environment;
  const { branch, branchHead } = componentOf(environment.record);
  const head = heads.get(branch);
  if (head !== undefined) {
    missingSince.delete(id);
    if (branchHead !== null && head !== branchHead)
      await environments.followBranch(SYSTEM_ACTOR, id, { from: branchHead, to: head });
    return;
  }
  // A remote without any branch is a remote in trouble, not one whose branches are all gone.
  if (heads.size === 0) return;
  const since = missingSince.get(id);
  if (since === undefined) {
    missingSince.set(id, clock.now());
    return;
  }
  if (clock.now() - since < GONE_AFTER_MS || !settings.deleteGoneBranches) return;
  missingSince.delete(id);
  log.info({ environment: id, branch }, 'The branch is gone, so its environment ends.');
  await environments.deleteEnvironment(SYSTEM_ACTOR, id, `Its branch ${branch} is gone from the repository.`);
}
