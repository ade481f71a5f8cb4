import { may, SCOPES, type Scope } from '../../../core/permissions.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { CreatedToken, TokenWithUse } from '../../../services/token-service.ts';
import { CsrfField, Field, FieldFaults, FormFaultList, TextField } from '../components/form.tsx';
import type { Html } from '../components/html.ts';
import { Icon } from '../components/icon.tsx';
import { Layout } from '../components/layout.tsx';
import { PageHead } from '../components/page-head.tsx';
import { IN_PLACE } from '../components/swap.ts';
import { TokenList } from '../components/token-list.tsx';
import type { FormState } from '../forms/form-state.ts';
import type { PageContext } from '../page-context.ts';

/** Days until a new token ends; null for never. */
export const TOKEN_LIFETIMES = [
  { value: '30', label: '30 days', days: 30 },
  { value: '90', label: '90 days', days: 90 },
  { value: '365', label: 'One year', days: 365 },
  { value: 'never', label: 'Never', days: null },
] as const;

const SCOPE_TEXTS: Record<Scope, string> = {
  'environments:read': 'See environments, their logs and values',
  'environments:write': 'Create, change and delete environments',
  'repositories:read': 'See repositories and their branches',
  'repositories:write': 'Connect and change repositories',
  'config_sets:read': 'See config sets',
  'config_sets:write': 'Create and change config sets',
  'tokens:read': 'See your tokens',
  'tokens:write': 'Make and revoke tokens',
  'users:read': 'See users',
  'users:write': 'Invite and change users',
};

export interface TokenView {
  readonly context: PageContext;
  readonly form: FormState;
  readonly chosenScopes: readonly string[];
  readonly tokens: readonly TokenWithUse[];
  /** Shown this once. */
  readonly created: CreatedToken | null;
}

export function TokenPage(view: TokenView): Html {
  return (
    <Layout context={view.context} title="Tokens" section="tokens">
      <PageHead title="API tokens" lead="For scripts, CI and agents: each acts for you, with as much as you give it." />
      <TokenContent {...view} />
    </Layout>
  );
}

/** Everything below the head; answers the form in place. */
export function TokenContent(view: TokenView): Html {
  const { created, tokens } = view;
  return (
    <div id="tokens" class="stack-wide">
      {created !== null && <CreatedSecret created={created} />}
      <div class="columns">
        <TokenForm {...view} />
        <TokenList context={view.context} tokens={tokens} swap={IN_PLACE} />
      </div>
    </div>
  );
}

function CreatedSecret({ created }: { readonly created: CreatedToken }): Html {
  return (
    <div class="callout callout-ready" role="status" tabindex={-1} data-take-focus="">
      <Icon name="ready" />
      <div class="stack">
        <p>
          <strong>{plainText(created.record.name)}</strong> is made. Copy its secret now: it is not shown again.
        </p>
        <div class="secret">
          <code id="token-secret">{created.secret}</code>
          <button class="button button-small needs-script" type="button" data-copy={created.secret}>
            <Icon name="copy" />
            Copy
          </button>
        </div>
      </div>
    </div>
  );
}

function TokenForm({ context, form, chosenScopes }: TokenView): Html {
  const { actor } = context;
  const scopeFaults = form.faults.fields['scopes'] ?? [];
  return (
    <form
      class="card form"
      id="token-form"
      method="post"
      action="/tokens"
      novalidate
      hx-post="/tokens"
      hx-target="#tokens"
      hx-swap="outerMorph"
      hx-disable="find .submit"
    >
      <h2 class="card-title">New token</h2>
      <CsrfField token={context.csrfToken} />
      <FormFaultList faults={form.faults} />
      <TextField
        form={form}
        name="name"
        label="Name"
        required
        placeholder="deploy from CI"
        hint="What it is used for."
      />
      <fieldset class="field" aria-describedby="field-scopes-faults">
        <legend class="label">Scopes</legend>
        {SCOPES.filter((scope) => actor !== null && may(actor, scope)).map((scope) => (
          <label class="check">
            <input
              type="checkbox"
              name="scopes"
              value={scope}
              checked={chosenScopes.includes(scope)}
              autocomplete="off"
              aria-invalid={scopeFaults.length > 0 ? 'true' : undefined}
            />
            <span>
              <span class="mono">{scope}</span>
              <span class="fine">{SCOPE_TEXTS[scope]}</span>
            </span>
          </label>
        ))}
        <FieldFaults id="field-scopes-faults" faults={scopeFaults} />
      </fieldset>
      <Field
        form={form}
        name="expires_at"
        label="Ends after"
        control={(control) => (
          <select class="input" autocomplete="off" {...control}>
            {TOKEN_LIFETIMES.map(({ value, label }) => (
              <option value={value} selected={form.typed['expires_at'] === value}>
                {label}
              </option>
            ))}
          </select>
        )}
      />
      <div class="form-end">
        <button class="button button-primary submit" type="submit">
          Create token
        </button>
      </div>
    </form>
  );
}
