/** Who somebody is, as the sign-in service says. `issuer` and `subject` together name one person for ever. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string;
  readonly emailVerified: boolean;
}

export type SignInProof =
  | { readonly kind: 'password'; readonly email: string; readonly password: string }
  | { readonly kind: 'link'; readonly secret: string }
  | { readonly kind: 'id_token'; readonly token: string };

export interface StartedSession {
  /** Value of the session cookie. */
  readonly cookie: string;
  readonly expiresAt: string;
  readonly identity: Identity;
}

/**
 * Browser sessions. What is wrong with a proof is never told apart to the outside: every refusal is the same
 * `unauthenticated` failure, in about the same time.
 */
export interface Authenticator {
  /** Which forms of proof it takes; the sign-in page shows only these. */
  readonly accepts: readonly SignInProof['kind'][];
  startSession(proof: SignInProof): Promise<StartedSession>;
  /** Null for a cookie that is malformed, expired, revoked or unknown. */
  identify(cookie: string): Promise<Identity | null>;
  endSession(cookie: string): Promise<void>;
  /** Ends every session of one person. */
  endAllSessions(identity: Pick<Identity, 'issuer' | 'subject'>): Promise<void>;
  check(): Promise<void>;
}

/** How somebody who is signed in sets a password. */
export interface PasswordChange {
  readonly password: string;
  /** The password until now, where it is asked for. */
  readonly current: string | null;
  /** Cookie of the session in which this is done, which goes on; null for none. */
  readonly sessionCookie: string | null;
}

/** Accounts that Blueberry itself keeps; only where the sign-in service leaves them to it. */
export interface LocalAccounts {
  /** A link's secret that signs in once until `expiresAt`. */
  createSignInLink(userId: string, expiresAt: string): Promise<string>;
  /** Not for the first password, nor in a session that a sign-in link has begun and that has set none yet. */
  asksForCurrentPassword(userId: string, sessionCookie: string | null): Promise<boolean>;
  /**
   * Fails with `invalid` at `password` for one that is too short or too long, and at `current_password` for a wrong one:
   * both at once.
   */
  checkPassword(userId: string, change: PasswordChange): Promise<void>;
  /** Checks it as `checkPassword` does, and ends the user's sign-in links and other sessions with it. */
  setPassword(userId: string, change: PasswordChange): Promise<void>;
}
