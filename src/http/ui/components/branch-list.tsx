import { shortSha } from '../../../core/branch.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { RemoteBranches } from '../../../ports/git-repositories.ts';
import type { Html } from './html.ts';
import { Icon } from './icon.tsx';

export interface BranchListProps {
  readonly repositoryId: string;
  readonly branches: RemoteBranches['branches'];
  /** What environments are made of where nothing else is said. */
  readonly defaultBranch: string;
  /** Whether each leads to the form for an environment of it. */
  readonly mayCreate: boolean;
}

const SHOWN = 300;

/** The branches of a repository, as its remote has just told them. */
export function BranchList({ repositoryId, branches, defaultBranch, mayCreate }: BranchListProps): Html {
  if (branches.length === 0) return <p class="card-note">It has no branches yet.</p>;
  return (
    <>
      <ul class="branches">
        {branches.slice(0, SHOWN).map(({ name, commit }) => (
          <li class="branch">
            <span class="mono clip">
              <Icon name="branch" />
              <bdi>{plainText(name)}</bdi>
            </span>
            <span class="fine">
              {name === defaultBranch && 'default · '}
              <span class="mono">{shortSha(commit)}</span>
            </span>
            {mayCreate && (
              <a
                class="button button-quiet button-small"
                href={`/environments/new?${new URLSearchParams({ repository_id: repositoryId, branch: name }).toString()}`}
                aria-label={`New environment of ${plainText(name)}`}
              >
                <Icon name="plus" />
                <span class="wide-only">Environment</span>
              </a>
            )}
          </li>
        ))}
      </ul>
      {branches.length > SHOWN && <p class="card-note">And {String(branches.length - SHOWN)} more.</p>}
    </>
  );
}
