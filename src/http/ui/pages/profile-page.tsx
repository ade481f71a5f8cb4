import { Callout } from '../components/callout.tsx';
import { CsrfField, FormFaultList, TextField } from '../components/form.tsx';
import type { Html } from '../components/html.ts';
import { Icon } from '../components/icon.tsx';
import { Layout } from '../components/layout.tsx';
import { PageHead } from '../components/page-head.tsx';
import type { FormState } from '../forms/form-state.ts';
import type { PageContext } from '../page-context.ts';

export interface ProfileView {
  readonly context: PageContext;
  readonly form: FormState;
  readonly hasPassword: boolean;
  /** Whether the password until now has to be given. */
  readonly asksForCurrent: boolean;
  readonly justSaved: boolean;
}

export function ProfilePage(view: ProfileView): Html {
  const { context } = view;
  return (
    <Layout context={context} title="Profile" section="profile">
      <PageHead title="Profile" />
      <div class="columns">
        <section class="card" aria-labelledby="account-title">
          <h2 class="card-title" id="account-title">
            Account
          </h2>
          <dl class="facts">
            <div class="fact">
              <dt>E-mail address</dt>
              <dd class="break">{context.actor?.email}</dd>
            </div>
            <div class="fact">
              <dt>Role</dt>
              <dd>{context.actor?.role}</dd>
            </div>
          </dl>
          <form method="post" action="/sign-out" class="card-foot">
            <CsrfField token={context.csrfToken} />
            <button class="button" type="submit">
              <Icon name="signOut" />
              Sign out
            </button>
          </form>
        </section>
        <PasswordForm {...view} />
      </div>
    </Layout>
  );
}

export function PasswordForm({ context, form, hasPassword, asksForCurrent, justSaved }: ProfileView): Html {
  return (
    <form
      class="card form"
      id="password-form"
      method="post"
      action="/profile/password"
      novalidate
      hx-post="/profile/password"
      hx-target="this"
      hx-swap="outerMorph"
      hx-disable="find .submit"
    >
      <h2 class="card-title">{hasPassword ? 'Change your password' : 'Set a password'}</h2>
      <CsrfField token={context.csrfToken} />
      {justSaved && (
        <Callout tone="ready">
          <p role="status">
            Your password is set, and you are signed out everywhere else. Sign in with it from now on.
          </p>
        </Callout>
      )}
      <FormFaultList faults={form.faults} />
      <input type="hidden" name="email" value={context.actor?.email} autocomplete="username" />
      {asksForCurrent && (
        <TextField
          form={form}
          name="current_password"
          label="Password until now"
          type="password"
          autocomplete="current-password"
          secret
          required
        />
      )}
      <TextField
        form={form}
        name="password"
        label="New password"
        type="password"
        autocomplete="new-password"
        hint="At least 12 characters. Long is better than complicated."
        secret
        required
      />
      <TextField
        form={form}
        name="repeated"
        label="The same again"
        type="password"
        autocomplete="new-password"
        secret
        required
      />
      <div class="form-end">
        <button class="button button-primary submit" type="submit">
          Save password
        </button>
      </div>
    </form>
  );
}
