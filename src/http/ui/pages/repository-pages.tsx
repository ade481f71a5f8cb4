import { may, type Actor } from '../../../core/permissions.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { RepositoryTest } from '../../../services/repository-service.ts';
import { Callout } from '../components/callout.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { CsrfField } from '../components/form.tsx';
import type { Html } from '../components/html.ts';
import { Icon } from '../components/icon.tsx';
import { ItemList } from '../components/item-list.tsx';
import { Layout } from '../components/layout.tsx';
import { PageHead } from '../components/page-head.tsx';
import { RepositoryForm } from '../components/repository-form.tsx';
import { Sentence } from '../components/sentence.tsx';
import { Ago } from '../components/time.tsx';
import { formWith, type FormState } from '../forms/form-state.ts';
import type { PageContext } from '../page-context.ts';

const PARENT = { href: '/repositories', label: 'Repositories' };

interface ListProps {
  readonly context: PageContext;
  readonly repositories: readonly Versioned<Repository>[];
}

export function RepositoryListPage({ context, repositories }: ListProps): Html {
  const connect = mayWrite(context.actor) && (
    <a class="button button-primary" href="/repositories/new">
      <Icon name="plus" />
      Connect repository
    </a>
  );
  return (
    <Layout context={context} title="Repositories" section="repositories">
      <PageHead title="Repositories" lead="Where the branches come from.">
        {repositories.length > 0 && connect}
      </PageHead>
      {repositories.length === 0 ? (
        <EmptyState icon="repository" title="No repository is connected">
          <p>Any Git repository will do: over https, over ssh, or, for development, a folder on this machine.</p>
          {connect || <p>Ask an administrator to connect one.</p>}
        </EmptyState>
      ) : (
        <ItemList
          label="Repositories"
          items={repositories.map(({ id, record }) => ({
            key: `row-${id}`,
            href: `/repositories/${id}`,
            title: plainText(record.name),
            text: record.url,
            aside: (
              <span class="mono soft">
                <Icon name="branch" />
                <bdi>{plainText(record.defaultBranch)}</bdi>
              </span>
            ),
          }))}
        />
      )}
    </Layout>
  );
}

export function NewRepositoryPage({
  context,
  form,
}: {
  readonly context: PageContext;
  readonly form: FormState;
}): Html {
  return (
    <Layout context={context} title="Connect repository" section="repositories">
      <PageHead title="Connect repository" parent={PARENT} />
      <RepositoryForm context={context} form={form} repository={null} />
    </Layout>
  );
}

export interface RepositoryPageProps {
  readonly context: PageContext;
  readonly repository: Versioned<Repository>;
  readonly form: FormState;
  /** What a test that was asked for has found. */
  readonly test: RepositoryTest | null;
}

export function RepositoryPage({ context, repository, form, test }: RepositoryPageProps): Html {
  const { id, record } = repository;
  const path = `/repositories/${id}`;
  const canWrite = mayWrite(context.actor);
  return (
    <Layout context={context} title={record.name} section="repositories">
      <PageHead title={plainText(record.name)} lead={record.url} parent={PARENT}>
        <form
          method="post"
          action={`${path}/test`}
          hx-post={`${path}/test`}
          hx-target="#test-problem"
          hx-disable="find button"
        >
          <CsrfField token={context.csrfToken} />
          <button class="button" type="submit">
            <Icon name="wake" />
            Test the connection
          </button>
        </form>
        {context.actor !== null && may(context.actor, 'environments:write') && (
          <a class="button button-primary" href={`/environments/new?repository_id=${id}`}>
            <Icon name="plus" />
            New environment
          </a>
        )}
      </PageHead>
      <div id="test-problem">{test !== null && <TestResult test={test} />}</div>
      <div class="columns">
        {canWrite ? (
          <RepositoryForm context={context} form={form} repository={repository} />
        ) : (
          <p class="soft">
            Connected by {record.createdBy.email} <Ago at={record.createdAt} nowMs={context.nowMs} />.
          </p>
        )}
        <section class="card" aria-labelledby="branches-title">
          <h2 class="card-title" id="branches-title">
            Branches
          </h2>
          <div id="branches-problem" hx-get={`${path}/branches`} hx-trigger="load" hx-swap="innerHTML">
            <p class="card-note">
              <span class="needs-script">Asking the repository…</span>
              <noscript>
                <a href={`${path}/branches`}>Show the branches</a>
              </noscript>
            </p>
          </div>
        </section>
      </div>
      {canWrite && (
        <div class="danger-zone">
          <button
            class="button button-danger-quiet"
            type="button"
            data-dialog="delete-dialog"
            command="show-modal"
            commandfor="delete-dialog"
          >
            <Icon name="deleting" />
            Disconnect
          </button>
          <FormDialog
            id="delete-dialog"
            title={`Disconnect ${plainText(record.name)}?`}
            action={`${path}/delete`}
            csrfToken={context.csrfToken}
            submitLabel="Disconnect"
            danger
          >
            <p>
              Its credentials and everything that was fetched of it are forgotten. The repository itself is not touched.
              This is refused while environments of it live.
            </p>
          </FormDialog>
        </div>
      )}
    </Layout>
  );
}

export function TestResult({ test }: { readonly test: RepositoryTest }): Html {
  return (
    <Callout tone={test.ok ? 'ready' : 'danger'}>
      <p>
        <Sentence text={test.message} />
      </p>
    </Callout>
  );
}

/** What the form shows of a repository before anybody types. */
export function repositoryForm({ record }: Versioned<Repository>, valuesText: string): FormState {
  return formWith({
    url: record.url,
    name: record.name,
    default_branch: record.defaultBranch,
    path: record.path,
    image: record.image ?? '',
    values: valuesText,
  });
}

function mayWrite(actor: Actor | null): boolean {
  return actor !== null && may(actor, 'repositories:write');
}
