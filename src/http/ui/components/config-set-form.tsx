import { plainText } from '../../../core/plain-text.ts';
import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { ConfigSetView } from '../../../services/config-set-service.ts';
import type { FormState } from '../forms/form-state.ts';
import type { PageContext } from '../page-context.ts';
import { CsrfField, Field, FieldFaults, FormFaultList, TextField } from './form.tsx';
import type { Html } from './html.ts';
import { ValuesField } from './values-field.tsx';

export interface ConfigSetFormProps {
  readonly context: PageContext;
  readonly form: FormState;
  readonly repositories: readonly Versioned<Repository>[];
  /** Ids of the repositories that are ticked. */
  readonly shared: readonly string[];
  /** Null for a new one. */
  readonly configSet: ConfigSetView | null;
}

export function ConfigSetForm({ context, form, repositories, shared, configSet }: ConfigSetFormProps): Html {
  const action = configSet === null ? '/config-sets' : `/config-sets/${configSet.id}`;
  const secretNames = configSet === null ? [] : Object.keys(configSet.revision.sealedSecrets).sort();
  return (
    <form
      class="card form"
      id="config-set-form"
      method="post"
      action={action}
      novalidate
      hx-post={action}
      hx-target="this"
      hx-swap="outerMorph"
      hx-disable="find .submit"
    >
      <CsrfField token={context.csrfToken} />
      {configSet !== null && <input type="hidden" name="version" value={String(configSet.version)} />}
      <FormFaultList faults={form.faults} />
      <TextField form={form} name="name" label="Name" required />
      <TextField form={form} name="description" label="Description" optional />
      <fieldset class="field">
        <legend class="label">Shared with</legend>
        {repositories.map(({ id, record }) => (
          <label class="check">
            <input type="checkbox" name="repository_ids" value={id} checked={shared.includes(id)} autocomplete="off" />
            {plainText(record.name)}
          </label>
        ))}
        <p class="hint">
          {repositories.length === 0
            ? 'Connect a repository first: only the environments of these can use it.'
            : 'Only environments of these repositories can use it. The code of any of their branches can print what it is given.'}
        </p>
        <FieldFaults id="field-repository-ids-faults" faults={form.faults.fields['repository_ids'] ?? []} />
      </fieldset>
      <ValuesField
        form={form}
        name="values"
        label="Values"
        hint={
          <>
            YAML or JSON. <code>env</code> holds environment variables.
          </>
        }
      />
      {secretNames.length > 0 && (
        <fieldset class="field">
          <legend class="label">Secrets that are kept</legend>
          {secretNames.map((name) => (
            <label class="check">
              <input type="checkbox" name="remove_secret" value={name} autocomplete="off" />
              <span>
                Remove <span class="mono">{name}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <Field
        form={form}
        name="secrets"
        label={secretNames.length > 0 ? 'Add or replace secrets' : 'Secrets'}
        optional
        hint="NAME=value, one on each line. They become environment variables, are kept encrypted, and are never shown again."
        control={(control) => (
          <textarea
            class="input mono"
            rows={3}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="none"
            placeholder="API_KEY=…"
            {...control}
          />
        )}
      />
      <div class="form-end">
        <button class="button button-primary submit" type="submit">
          {configSet === null ? 'Create config set' : `Save as revision ${String(configSet.configSet.revision + 1)}`}
        </button>
        <a class="button button-quiet" href="/config-sets">
          Cancel
        </a>
      </div>
    </form>
  );
}
