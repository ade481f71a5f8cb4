import { may, type Actor } from '../../../core/permissions.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { ConfigSetRevision } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { ConfigSetView } from '../../../services/config-set-service.ts';
import { ConfigSetForm, type ConfigSetFormProps } from '../components/config-set-form.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import type { Html } from '../components/html.ts';
import { Icon } from '../components/icon.tsx';
import { ItemList } from '../components/item-list.tsx';
import { Layout } from '../components/layout.tsx';
import { PageHead } from '../components/page-head.tsx';
import { Ago } from '../components/time.tsx';
import { valuesText } from '../forms/values-text.ts';
import type { PageContext } from '../page-context.ts';

const PARENT = { href: '/config-sets', label: 'Config sets' };

interface ListProps {
  readonly context: PageContext;
  readonly configSets: readonly ConfigSetView[];
}

export function ConfigSetListPage({ context, configSets }: ListProps): Html {
  const create = mayWrite(context.actor) && (
    <a class="button button-primary" href="/config-sets/new">
      <Icon name="plus" />
      New config set
    </a>
  );
  return (
    <Layout context={context} title="Config sets" section="config-sets">
      <PageHead title="Config sets" lead="Templates of values and secrets that environments are made with.">
        {configSets.length > 0 && create}
      </PageHead>
      {configSets.length === 0 ? (
        <EmptyState icon="sliders" title="No config set yet">
          <p>
            Put the settings that many environments share in one place: each change is a new revision, and an
            environment keeps the one that it was made with.
          </p>
          {create || <p>Ask an administrator to make one.</p>}
        </EmptyState>
      ) : (
        <ItemList
          label="Config sets"
          items={configSets.map(({ id, configSet }) => ({
            key: `row-${id}`,
            href: `/config-sets/${id}`,
            title: plainText(configSet.name),
            text: plainText(configSet.description) || `Shared with ${repositoryCount(configSet.repositoryIds.length)}`,
            aside: (
              <span class="soft numeric">
                revision {String(configSet.revision)} · <Ago at={configSet.updatedAt} nowMs={context.nowMs} />
              </span>
            ),
          }))}
        />
      )}
    </Layout>
  );
}

export function NewConfigSetPage(props: ConfigSetFormProps): Html {
  return (
    <Layout context={props.context} title="New config set" section="config-sets">
      <PageHead title="New config set" parent={PARENT} />
      <ConfigSetForm {...props} />
    </Layout>
  );
}

export interface ConfigSetPageProps extends ConfigSetFormProps {
  readonly configSet: ConfigSetView;
  /** Newest first. */
  readonly revisions: readonly Versioned<ConfigSetRevision>[];
}

export function ConfigSetPage(props: ConfigSetPageProps): Html {
  const { context, configSet, revisions } = props;
  const name = plainText(configSet.configSet.name);
  const canWrite = mayWrite(context.actor);
  return (
    <Layout context={context} title={name} section="config-sets">
      <PageHead title={name} lead={plainText(configSet.configSet.description)} parent={PARENT} />
      <div class="columns">
        {canWrite && <ConfigSetForm {...props} />}
        <section class="card" aria-labelledby="revisions-title">
          <h2 class="card-title" id="revisions-title">
            Revisions
          </h2>
          {revisions.map((revision, index) => (
            <Revision record={revision.record} open={index === 0} nowMs={context.nowMs} />
          ))}
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
            Delete
          </button>
          <FormDialog
            id="delete-dialog"
            title={`Delete ${name}?`}
            action={`/config-sets/${configSet.id}/delete`}
            csrfToken={context.csrfToken}
            submitLabel="Delete"
            danger
          >
            <p>All its revisions and secrets go. This is refused while a living environment uses it.</p>
          </FormDialog>
        </div>
      )}
    </Layout>
  );
}

interface RevisionProps {
  readonly record: ConfigSetRevision;
  readonly open: boolean;
  readonly nowMs: number;
}

function Revision({ record, open, nowMs }: RevisionProps): Html {
  const secretNames = Object.keys(record.sealedSecrets).sort();
  const text = valuesText(record.values);
  return (
    <details class="revision" open={open}>
      <summary>
        <strong>Revision {String(record.revision)}</strong>
        <span class="fine">
          {record.createdBy.email} · <Ago at={record.createdAt} nowMs={nowMs} />
        </span>
      </summary>
      <pre class="code-block">{text === '' ? 'No values.' : plainText(text)}</pre>
      <p class="fine">{secretNames.length === 0 ? 'No secrets.' : `Secrets: ${secretNames.join(', ')}`}</p>
    </details>
  );
}

function repositoryCount(count: number): string {
  if (count === 0) return 'no repository yet';
  return count === 1 ? '1 repository' : `${String(count)} repositories`;
}

function mayWrite(actor: Actor | null): boolean {
  return actor !== null && may(actor, 'config_sets:write');
}
