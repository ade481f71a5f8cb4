import { PHASES, type Phase } from '../../core/environment.ts';
import type { Actor } from '../../core/permissions.ts';
import type { EnvironmentFilter } from '../../ports/environment-store.ts';

/** What the list of environments is narrowed to. It lives in the page's URL and nowhere else. */
export interface ListFilter {
  readonly q: string;
  readonly status: Phase | null;
  readonly repositoryId: string | null;
  readonly mine: boolean;
}

const Q_MAX_LENGTH = 255;

/** What cannot be a filter counts as none, so that an old link still shows something. */
export function readListFilter(query: (name: string) => string | undefined): ListFilter {
  const status = query('status');
  return {
    q: (query('q') ?? '').trim().slice(0, Q_MAX_LENGTH),
    status: PHASES.find((phase) => phase === status) ?? null,
    repositoryId: query('repository')?.slice(0, 100) ?? null,
    mine: query('mine') === '1',
  };
}

export function storeFilter({ q, status, repositoryId, mine }: ListFilter, actor: Actor): EnvironmentFilter {
  return {
    ...(q === '' ? {} : { q }),
    ...(status === null ? {} : { phases: [status] }),
    ...(repositoryId === null ? {} : { repositoryId }),
    ...(mine ? { owner: actor.email } : {}),
  };
}

export function isNarrowed({ q, status, repositoryId, mine }: ListFilter): boolean {
  return q !== '' || status !== null || repositoryId !== null || mine;
}

/** The list's URL with this filter, without what is not set. */
export function listUrl(
  { q, status, repositoryId, mine }: ListFilter,
  more: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams();
  if (q !== '') parameters.set('q', q);
  if (status !== null) parameters.set('status', status);
  if (repositoryId !== null) parameters.set('repository', repositoryId);
  if (mine) parameters.set('mine', '1');
  for (const [name, value] of Object.entries(more)) parameters.set(name, value);
  const text = parameters.toString();
  return text === '' ? '/' : `/?${text}`;
}
