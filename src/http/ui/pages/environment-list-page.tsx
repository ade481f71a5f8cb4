import { PHASES, type Environment } from '../../../core/environment.ts';
import { may } from '../../../core/permissions.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { EnvironmentPage } from '../../../services/environment-service.ts';
import { Callout } from '../components/callout.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { EnvironmentRow } from '../components/environment-row.tsx';
import type { Html } from '../components/html.ts';
import { Icon } from '../components/icon.tsx';
import { Layout } from '../components/layout.tsx';
import { PageHead } from '../components/page-head.tsx';
import { isNarrowed, listUrl, type ListFilter } from '../environment-filter.ts';
import type { PageContext } from '../page-context.ts';

export interface EnvironmentListView {
  readonly context: PageContext;
  readonly filter: ListFilter;
  readonly page: EnvironmentPage;
  readonly repositories: readonly Versioned<Repository>[];
  /** Whether there were some before; only asked where none is shown. */
  readonly hasEnded: boolean;
}

export function EnvironmentListPage(props: EnvironmentListView & { readonly hasPassword: boolean }): Html {
  const { context, filter, repositories, hasPassword } = props;
  const mayCreate = context.actor !== null && may(context.actor, 'environments:write');
  return (
    <Layout context={context} title="Environments" section="environments">
      <PageHead title="Environments" lead="Each is a running copy of a branch, with a URL of its own.">
        {mayCreate && <NewEnvironmentLink text="New environment" />}
      </PageHead>
      {!hasPassword && (
        <Callout tone="info">
          <p>
            You signed in with a link that works once. <a href="/profile">Set a password</a> to be able to come back.
          </p>
        </Callout>
      )}
      <Filters filter={filter} repositories={repositories} />
      <EnvironmentList {...props} />
    </Layout>
  );
}

/** The part that is fetched again when something changes: the same for the first page and for every later one. */
export function EnvironmentList(view: EnvironmentListView): Html {
  const { filter, page } = view;
  return (
    <section
      id="environments"
      aria-label="List of environments"
      data-live="environments"
      data-live-url={listUrl(filter)}
      data-live-rows=".row"
    >
      {page.items.length === 0 ? (
        <Empty view={view} />
      ) : (
        <>
          <p class="count" role="status">
            {String(page.total)} {page.total === 1 ? 'environment' : 'environments'}
          </p>
          <div class="rows-head" aria-hidden="true">
            <span>Status</span>
            <span>Name</span>
            <span>Branch</span>
            <span>Owner</span>
            <span>{filter.status === 'terminated' ? 'Ended' : 'Time left'}</span>
          </div>
          <ul class="rows card">
            <EnvironmentRows {...view} />
          </ul>
        </>
      )}
    </section>
  );
}

/** Rows, and behind them the way to more. */
export function EnvironmentRows({ context, filter, page, repositories }: EnvironmentListView): Html {
  const names = new Map(repositories.map(({ id, record }) => [id, record.name]));
  const nameOf = (environment: Environment): string | null =>
    names.get(environment.spec.components[0].repositoryId) ?? null;
  const more = page.nextCursor === null ? null : listUrl(filter, { cursor: page.nextCursor });
  return (
    <>
      {page.items.map(({ record }) => (
        <EnvironmentRow environment={record} repositoryName={nameOf(record)} nowMs={context.nowMs} />
      ))}
      {more !== null && (
        <li class="more" id="more">
          <a class="button" id="load-more" href={more} hx-get={more} hx-target="#more" hx-swap="outerHTML">
            Show more
          </a>
        </li>
      )}
    </>
  );
}

function Filters({ filter, repositories }: Pick<EnvironmentListView, 'filter' | 'repositories'>): Html {
  return (
    <form
      class="filters"
      id="filters"
      method="get"
      action="/"
      role="search"
      hx-get="/"
      hx-target="#environments"
      hx-swap="outerMorph"
      hx-trigger="submit, change target:.filter-control"
      hx-sync="this:replace"
    >
      <div class="search">
        <Icon name="search" />
        <input
          class="input"
          id="filter-q"
          type="search"
          name="q"
          value={filter.q}
          placeholder="Search by name, branch or owner"
          aria-label="Search by the beginning of a name, branch or owner"
          autocomplete="off"
          spellcheck={false}
          hx-get="/"
          hx-include="closest form"
          hx-target="#environments"
          hx-swap="outerMorph"
          hx-trigger="input changed delay:180ms"
          hx-sync="closest form:replace"
        />
      </div>
      <select class="input filter-control" name="status" aria-label="Status" autocomplete="off">
        <option value="">All that live</option>
        {PHASES.map((phase) => (
          <option value={phase} selected={filter.status === phase}>
            {phase.charAt(0).toUpperCase() + phase.slice(1)}
          </option>
        ))}
      </select>
      <select class="input filter-control" name="repository" aria-label="Repository" autocomplete="off">
        <option value="">All repositories</option>
        {repositories.map(({ id, record }) => (
          <option value={id} selected={filter.repositoryId === id}>
            {plainText(record.name)}
          </option>
        ))}
      </select>
      <label class="check">
        <input class="filter-control" type="checkbox" name="mine" value="1" checked={filter.mine} autocomplete="off" />
        Only mine
      </label>
      <noscript>
        <button class="button" type="submit">
          Apply
        </button>
      </noscript>
    </form>
  );
}

function Empty({ view }: { readonly view: EnvironmentListView }): Html {
  const { context, filter, repositories } = view;
  if (isNarrowed(filter)) {
    return (
      <EmptyState icon="search" title="Nothing fits this filter">
        <p>Search looks at the beginning of names, branches and owners.</p>
        <a class="button" href="/">
          Clear the filter
        </a>
      </EmptyState>
    );
  }
  const mayCreate = context.actor !== null && may(context.actor, 'environments:write');
  if (repositories.length === 0) {
    return (
      <EmptyState icon="repository" title="Connect a repository first">
        <p>Environments are made of the branches of connected Git repositories.</p>
        <a class="button button-primary" href="/repositories">
          Go to the repositories
        </a>
      </EmptyState>
    );
  }
  if (view.hasEnded) {
    return (
      <EmptyState icon="environments" title="No environment at the moment">
        <p>
          All that there were have ended. <a href="/?status=terminated">Their timelines and receipts</a> are kept.
        </p>
        {mayCreate && <NewEnvironmentLink text="New environment" />}
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="environments" title="No environment yet">
      <p>
        Pick a branch, and Blueberry builds it, runs it and gives it a URL. It follows the branch, and is gone by itself
        when its time is over.
      </p>
      {mayCreate ? <NewEnvironmentLink text="Create the first one" /> : <p>Ask a member of your team to create one.</p>}
    </EmptyState>
  );
}

function NewEnvironmentLink({ text }: { readonly text: string }): Html {
  return (
    <a class="button button-primary" href="/environments/new">
      <Icon name="plus" />
      {text}
    </a>
  );
}
