import type { Html } from './html.ts';

/** Broken before the @ where it does not fit on one line. */
export function EmailAddress({ email }: { readonly email: string }): Html {
  const at = Math.max(0, email.lastIndexOf('@'));
  return (
    <>
      {email.slice(0, at)}
      <wbr />
      {email.slice(at)}
    </>
  );
}
