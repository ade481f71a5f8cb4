import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { FormState } from '../forms/form-state.ts';
import type { PageContext } from '../page-context.ts';
import { CsrfField, Field, FormFaultList, TextField } from './form.tsx';
import type { Html } from './html.ts';
import { ValuesField } from './values-field.tsx';

export interface RepositoryFormProps {
  readonly context: PageContext;
  readonly form: FormState;
  /** Null for one that is about to be connected. */
  readonly repository: Versioned<Repository> | null;
}

export function RepositoryForm({ context, form, repository }: RepositoryFormProps): Html {
  const action = repository === null ? '/repositories' : `/repositories/${repository.id}`;
  return (
    <form
      class="card form"
      id="repository-form"
      method="post"
      action={action}
      novalidate
      hx-post={action}
      hx-target="this"
      hx-swap="outerMorph"
      hx-disable="find .submit"
    >
      <CsrfField token={context.csrfToken} />
      {repository !== null && <input type="hidden" name="version" value={String(repository.version)} />}
      <FormFaultList faults={form.faults} />
      <TextField
        form={form}
        name="url"
        label="URL"
        required
        placeholder="https://github.com/acme/shop.git"
        hint="https://HOST/PATH, USER@HOST:PATH, or for development the absolute path of a folder."
      />
      <TextField form={form} name="name" label="Name" optional hint="Left empty, it is taken from the URL." />
      <CredentialField
        form={form}
        name="credential"
        label="Credential"
        forms="A token or USER:PASSWORD for https, a private key for ssh."
        isKept={repository !== null && repository.record.sealedCredential !== null}
      />
      <TextField
        form={form}
        name="default_branch"
        label="Default branch"
        optional={repository === null}
        hint={repository === null ? 'Left empty, it is the one that the repository names itself.' : undefined}
      />
      <TextField
        form={form}
        name="path"
        label="Subfolder"
        optional
        placeholder="apps/web"
        hint="Where the application is, if not at the root."
      />
      <TextField
        form={form}
        name="image"
        label="Image"
        optional
        placeholder="ghcr.io/acme/shop:{sha}"
        hint={
          <>
            On Kubernetes: what your CI pushes for each commit, with <code>{'{sha}'}</code>,{' '}
            <code>{'{short_sha}'}</code> or <code>{'{branch}'}</code> in the tag.
          </>
        }
      />
      <CredentialField
        form={form}
        name="image_credential"
        label="Registry credential"
        forms="USER:PASSWORD or a token, where the image is not public."
        isKept={repository !== null && repository.record.sealedImageCredential !== null}
      />
      <ValuesField
        form={form}
        name="values"
        label="Values"
        hint={
          <>
            For every environment of this repository. <code>env</code> holds environment variables.
          </>
        }
      />
      <div class="form-end">
        <button class="button button-primary submit" type="submit">
          {repository === null ? 'Connect' : 'Save'}
        </button>
        <a class="button button-quiet" href="/repositories">
          Cancel
        </a>
      </div>
    </form>
  );
}

interface CredentialFieldProps {
  readonly form: FormState;
  readonly name: 'credential' | 'image_credential';
  readonly label: string;
  /** What it may be, a sentence. */
  readonly forms: string;
  readonly isKept: boolean;
}

/** Write-only: what is kept is never shown, and what was typed is not sent back. */
function CredentialField({ form, name, label, forms, isKept }: CredentialFieldProps): Html {
  return (
    <>
      <Field
        form={form}
        name={name}
        label={label}
        optional
        hint={
          isKept
            ? 'One is kept, encrypted. Type a new one to replace it.'
            : `${forms} Kept encrypted, never shown again.`
        }
        control={(control) => (
          <textarea
            class="input mono"
            rows={2}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="none"
            {...control}
          />
        )}
      />
      {isKept && (
        <label class="check">
          <input type="checkbox" name={`forget_${name}`} value="1" autocomplete="off" />
          Forget the {label.toLowerCase()} that is kept
        </label>
      )}
    </>
  );
}
