import { Callout } from '../components/callout.tsx';
import { FormFaultList, TextField } from '../components/form.tsx';
import type { Html } from '../components/html.ts';
import { PlainLayout } from '../components/layout.tsx';
import { hasFaults, type FormState } from '../forms/form-state.ts';
import type { PageContext } from '../page-context.ts';

export interface SignInPageProps {
  readonly context: PageContext;
  readonly form: FormState;
  /** A path within this site. */
  readonly next: string;
  /** Whether this page was sent because a session had ended. */
  readonly interrupted: boolean;
}

export function SignInPage({ context, form, next, interrupted }: SignInPageProps): Html {
  return (
    <PlainLayout context={context} title="Sign in">
      <h1>Sign in</h1>
      {interrupted && <p class="soft">You are brought back to where you were.</p>}
      <form method="post" action="/sign-in" class="stack">
        <FormFaultList faults={form.faults} />
        <input type="hidden" name="next" value={next} />
        <TextField
          form={form}
          name="email"
          label="E-mail address"
          type="email"
          autocomplete="username"
          required
          attributes={{ autofocus: true }}
        />
        <TextField
          form={form}
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          secret
          required
        />
        <button class="button button-primary button-wide" type="submit">
          Sign in
        </button>
      </form>
      <p class="fine">
        Without a password yet, use the link that Blueberry printed when it started, or ask an administrator for one.
      </p>
    </PlainLayout>
  );
}

/**
 * Where a link leads that signs in once. The secret is used only when the form is sent, so that a program which merely
 * opens links uses up none.
 */
export function SignInLinkPage({
  context,
  secret,
  faults,
}: {
  readonly context: PageContext;
  readonly secret: string;
  readonly faults: FormState['faults'];
}): Html {
  return (
    <PlainLayout context={context} title="Sign in by link">
      <h1>Welcome to Blueberry</h1>
      <FormFaultList faults={faults} />
      {secret === '' ? (
        <p>
          This link is not complete: open it as a whole, or <a href="/sign-in">sign in with a password</a>.
        </p>
      ) : (
        <form
          method="post"
          action="/sign-in/link"
          class="stack"
          id="sign-in-link"
          data-at-once={hasFaults(faults) ? undefined : ''}
        >
          <p class="soft">This link signs you in once. Set a password afterwards to come back without one.</p>
          <input type="hidden" name="secret" value={secret} />
          <button class="button button-primary button-wide" type="submit" autofocus>
            Sign in
          </button>
        </form>
      )}
    </PlainLayout>
  );
}

/** For a link that signs nobody in, or not any more. */
export function UsedLinkPage({ context }: { readonly context: PageContext }): Html {
  return (
    <PlainLayout context={context} title="Sign in by link">
      <h1>Sign in</h1>
      <Callout tone="danger">
        <p>
          This link was already used or is over. Restart Blueberry for a new one, or{' '}
          <a href="/sign-in">sign in with a password</a>.
        </p>
      </Callout>
    </PlainLayout>
  );
}
