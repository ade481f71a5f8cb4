import { plainText } from '../../../core/plain-text.ts';
import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { ConfigSetView } from '../../../services/config-set-service.ts';
import { BranchField } from '../components/branch-field.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { CsrfField, Field, FormFaultList, TextField } from '../components/form.tsx';
import type { Html } from '../components/html.ts';
import { Layout } from '../components/layout.tsx';
import { PageHead } from '../components/page-head.tsx';
import { TtlField } from '../components/ttl-field.tsx';
import { ValuesField } from '../components/values-field.tsx';
import type { FormState } from '../forms/form-state.ts';
import type { PageContext } from '../page-context.ts';

export interface NewEnvironmentView {
  readonly context: PageContext;
  readonly form: FormState;
  readonly repositories: readonly Versioned<Repository>[];
  readonly configSets: readonly ConfigSetView[];
  /** What the name will be where none is typed. */
  readonly derivedName: string;
  /** Makes sending the same form twice create one environment. */
  readonly requestKey: string;
}

export function NewEnvironmentPage(view: NewEnvironmentView): Html {
  return (
    <Layout context={view.context} title="New environment" section="environments">
      <PageHead title="New environment" parent={{ href: '/', label: 'Environments' }} />
      {view.repositories.length === 0 ? (
        <EmptyState icon="repository" title="Connect a repository first">
          <p>An environment is made of a branch of a connected Git repository.</p>
          <a class="button button-primary" href="/repositories">
            Go to the repositories
          </a>
        </EmptyState>
      ) : (
        <NewEnvironmentForm {...view} />
      )}
    </Layout>
  );
}

export function NewEnvironmentForm(view: NewEnvironmentView): Html {
  const { context, form, repositories, configSets, derivedName, requestKey } = view;
  const chosen = chosenRepository(repositories, form);
  return (
    <form
      class="card form"
      id="new-environment"
      method="post"
      action="/environments"
      novalidate
      x-data="newEnvironment"
      hx-post="/environments"
      hx-target="this"
      hx-swap="outerMorph"
      hx-disable="find .submit"
    >
      <CsrfField token={context.csrfToken} />
      <input type="hidden" name="request_key" value={requestKey} />
      <FormFaultList faults={form.faults} />
      <Field
        form={form}
        name="repository_id"
        label="Repository"
        control={(control) => (
          <select class="input" x-on:change="repositoryChosen" autocomplete="off" {...control}>
            {repositories.map(({ id, record }) => (
              <option value={id} data-default-branch={record.defaultBranch} selected={id === chosen?.id}>
                {plainText(record.name)}
              </option>
            ))}
          </select>
        )}
      />
      <BranchField form={form} placeholder={chosen?.record.defaultBranch ?? 'main'} />
      <TextField
        form={form}
        name="name"
        label="Name"
        optional
        placeholder={derivedName}
        hint="The first part of its URL. Left empty, it is made of the branch."
        attributes={{ 'x-ref': 'name', autocapitalize: 'none', class: 'input mono' }}
      />
      <TtlField form={form} label="Time to live" nowMs={context.nowMs} />
      <ConfigSetField form={form} configSets={configSets} repositoryId={chosen?.id ?? ''} />
      <ValuesField
        form={form}
        name="helm_values_override"
        label="Values"
        hint={
          <>
            YAML or JSON, over everything else. <code>env</code> holds environment variables.
          </>
        }
      />
      <div class="form-end">
        <button class="button button-primary submit" type="submit">
          Create environment
        </button>
        <a class="button button-quiet" href="/">
          Cancel
        </a>
      </div>
    </form>
  );
}

/** The one whose branches are offered: the first until another is chosen. */
export function chosenRepository(
  repositories: readonly Versioned<Repository>[],
  form: FormState,
): Versioned<Repository> | undefined {
  return repositories.find(({ id }) => id === form.typed['repository_id']) ?? repositories[0];
}

interface ConfigSetFieldProps {
  readonly form: FormState;
  readonly configSets: readonly ConfigSetView[];
  readonly repositoryId: string;
}

/** Only what is shared with the repository; fetched again when another one is chosen. */
function ConfigSetField({ form, configSets, repositoryId }: ConfigSetFieldProps): Html {
  const usable = configSets.filter(({ configSet }) => configSet.repositoryIds.includes(repositoryId));
  return (
    <div
      id="config-set-choice"
      hx-get="/environments/new"
      hx-include="#field-repository-id"
      hx-trigger="change from:#field-repository-id"
      hx-select="#config-set-choice"
      hx-swap="outerMorph"
    >
      <Field
        form={form}
        name="config_set_id"
        label="Config set"
        optional
        hint={
          usable.length === 0
            ? 'None is shared with this repository.'
            : 'A template of values and secrets. The environment keeps the revision that it is made with.'
        }
        control={(control) => (
          <select class="input" autocomplete="off" {...control}>
            <option value="">None</option>
            {usable.map(({ id, configSet }) => (
              <option value={id} selected={form.typed['config_set_id'] === id}>
                {plainText(configSet.name)} (revision {String(configSet.revision)})
              </option>
            ))}
          </select>
        )}
      />
    </div>
  );
}
