import { Failure, invalidField } from '../../core/errors.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import type { User } from '../../core/records.ts';
import type { Authenticator, Identity, LocalAccounts, StartedSession } from '../../ports/authenticator.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnvironmentStore, Versioned } from '../../ports/environment-store.ts';
import type { Identifiers } from '../../ports/identifiers.ts';
import { hashPassword, passwordMatches } from './password-hash.ts';

export interface LocalAuthenticatorParts {
  readonly store: EnvironmentStore;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
}

export const LOCAL_ISSUER = 'local';

const SESSION_DAYS = 5;
const DAY_MS = 86_400_000;
const PASSWORD_MIN_LENGTH = 12;
const PASSWORD_MAX_LENGTH = 1024;
const SESSIONS_PAGE = 1000;

/** Users with passwords and one-time links, kept in the store. Of sessions and links only the hash of the secret is kept. */
export function createLocalAuthenticator({
  store,
  clock,
  identifiers,
}: LocalAuthenticatorParts): Authenticator & LocalAccounts {
  /** For e-mail addresses that nobody has: refusing them must take as long as refusing a wrong password. */
  let decoyHash: Promise<string> | null = null;

  async function enabledUser(id: string): Promise<Versioned<User> | null> {
    const user = await store.get(EVERYTHING, 'user', id);
    return user && !user.record.disabled && user.record.issuer === LOCAL_ISSUER ? user : null;
  }

  async function userOfPassword(email: string, password: string): Promise<Versioned<User>> {
    decoyHash ??= hashPassword(identifiers.secret('decoy'));
    const reservation = await store.get(EVERYTHING, 'email_reservation', email.trim().toLowerCase());
    const user = reservation && (await enabledUser(reservation.record.userId));
    const stored = user && (await store.get(EVERYTHING, 'password', user.id));
    const usable = password.length <= PASSWORD_MAX_LENGTH ? password : '';
    const matches = await passwordMatches(usable, stored?.record.hash ?? (await decoyHash));
    if (!user || !stored || !matches) throw refused();
    return user;
  }

  /** Deleting the link is the use of it: of two who try at once, one finds it gone. */
  async function userOfLink(secret: string): Promise<Versioned<User>> {
    const linkId = identifiers.digest(secret);
    const link = await store.get(EVERYTHING, 'sign_in_link', linkId);
    if (!link || Date.parse(link.record.expiresAt) <= clock.now()) throw refused();
    const user = await enabledUser(link.record.userId);
    const used = await store.commit(
      [{ op: 'delete', kind: 'sign_in_link', id: linkId }],
      [{ kind: 'sign_in_link', id: linkId, version: link.version }],
    );
    if (!user || !used.committed) throw refused();
    return user;
  }

  async function startSessionOf(user: Versioned<User>): Promise<StartedSession> {
    const cookie = identifiers.secret('session');
    const id = identifiers.digest(cookie);
    const expiresAt = new Date(clock.now() + SESSION_DAYS * DAY_MS).toISOString();
    await store.commit(
      [{ op: 'put', kind: 'session', id, record: { userId: user.id, createdAt: clock.timestamp(), expiresAt } }],
      [{ kind: 'session', id, absent: true }],
    );
    return { cookie, expiresAt, identity: identityOf(user) };
  }

  return {
    accepts: ['password', 'link'],
    async startSession(proof) {
      switch (proof.kind) {
        case 'password':
          return startSessionOf(await userOfPassword(proof.email, proof.password));
        case 'link':
          return startSessionOf(await userOfLink(proof.secret));
        case 'id_token':
          throw refused();
      }
    },
    async identify(cookie) {
      const session = await store.get(EVERYTHING, 'session', identifiers.digest(cookie));
      if (!session || Date.parse(session.record.expiresAt) <= clock.now()) return null;
      const user = await enabledUser(session.record.userId);
      return user && identityOf(user);
    },
    async endSession(cookie) {
      await store.commit([{ op: 'delete', kind: 'session', id: identifiers.digest(cookie) }], []);
    },
    async endAllSessions({ issuer, subject }) {
      if (issuer !== LOCAL_ISSUER) return;
      for (;;) {
        const sessions = await store.list(EVERYTHING, 'session', { where: { userId: subject }, limit: SESSIONS_PAGE });
        if (sessions.items.length === 0) return;
        await store.commit(
          sessions.items.map(({ id }) => ({ op: 'delete', kind: 'session', id })),
          [],
        );
      }
    },
    async createSignInLink(userId, expiresAt) {
      const secret = identifiers.secret('link');
      const id = identifiers.digest(secret);
      await store.commit(
        [{ op: 'put', kind: 'sign_in_link', id, record: { userId, expiresAt } }],
        [{ kind: 'sign_in_link', id, absent: true }],
      );
      return secret;
    },
    async setPassword(userId, password) {
      const { length } = password.normalize('NFKC');
      if (length < PASSWORD_MIN_LENGTH || length > PASSWORD_MAX_LENGTH) {
        throw invalidField(
          'password',
          `must have ${String(PASSWORD_MIN_LENGTH)} to ${String(PASSWORD_MAX_LENGTH)} characters`,
          'string_too_short',
        );
      }
      const record = { hash: await hashPassword(password), updatedAt: clock.timestamp() };
      await store.commit([{ op: 'put', kind: 'password', id: userId, record }], []);
    },
    check: () => store.check(),
  };
}

function identityOf(user: Versioned<User>): Identity {
  return { issuer: LOCAL_ISSUER, subject: user.id, email: user.record.email, emailVerified: true };
}

/** The same words for every cause, so that nobody learns which e-mail addresses exist. */
function refused(): Failure {
  return new Failure(
    'unauthenticated',
    'Sign-in was refused. Check what you entered, or ask an administrator for a new link.',
    {
      code: 'sign_in_refused',
    },
  );
}
