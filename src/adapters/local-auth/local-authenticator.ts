import { Failure, notFound } from '../../core/errors.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import type { User } from '../../core/records.ts';
import type { Authenticator, Identity, LocalAccounts, SignInProof, StartedSession } from '../../ports/authenticator.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnvironmentStore, Precondition, Versioned, Write } from '../../ports/environment-store.ts';
import type { Identifiers } from '../../ports/identifiers.ts';
import { hashPassword, verifyPassword } from './password-hash.ts';
import { acceptablePassword, normalizedPassword } from './password-rule.ts';

export interface LocalAuthenticatorParts {
  readonly store: EnvironmentStore;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
}

const ISSUER = 'local';
const SESSION_DAYS = 5;
const DAY_MS = 86_400_000;
const SESSION_PREFIX = 'bbs';
const LINK_PREFIX = 'bbl';
const SECRET_MAX_LENGTH = 200;
const ATTEMPTS = 10;
const PAGE = 1_000;

/** Whom a proof shows, and what must still be so when the session is made. */
interface Grounds {
  readonly userId: string;
  readonly writes: readonly Write[];
  readonly preconditions: readonly Precondition[];
}

/**
 * Users, passwords, sessions and sign-in links as records of the store. Of secrets only digests are kept. The identity's
 * subject is the user's id; the e-mail address counts as verified, since an administrator vouches for it.
 */
export function createLocalAuthenticator(parts: LocalAuthenticatorParts): Authenticator & LocalAccounts {
  const { store, clock, identifiers } = parts;

  async function enabledUser(userId: string): Promise<Versioned<User> | null> {
    const user = await store.get(EVERYTHING, 'user', userId);
    return user && user.record.issuer === ISSUER && !user.record.disabled ? user : null;
  }

  /** Always takes the time of one hash, whoever is asked for. */
  async function provenByPassword(email: string, password: string): Promise<Grounds> {
    const reservation = await store.get(EVERYTHING, 'email_reservation', email.trim().toLowerCase());
    const userId = reservation?.record.userId ?? '';
    const stored = await store.get(EVERYTHING, 'password', userId);
    const normalized = normalizedPassword(password);
    const matches = await verifyPassword(normalized ?? '', stored?.record.hash ?? null);
    if (!matches || normalized === null || !stored) throw refusal();
    return { userId, writes: [], preconditions: [{ kind: 'password', id: stored.id, version: stored.version }] };
  }

  /** The session is only made together with the link's end, so of two uses at once one is refused. */
  async function provenByLink(secret: string): Promise<Grounds> {
    const id = digestOf(secret);
    const link = id === null ? null : await store.get(EVERYTHING, 'sign_in_link', id);
    if (!link || Date.parse(link.record.expiresAt) <= clock.now()) throw refusal();
    return {
      userId: link.record.userId,
      writes: [{ op: 'delete', kind: 'sign_in_link', id: link.id }],
      preconditions: [{ kind: 'sign_in_link', id: link.id, version: link.version }],
    };
  }

  function proven(proof: SignInProof): Promise<Grounds> {
    switch (proof.kind) {
      case 'password':
        return provenByPassword(proof.email, proof.password);
      case 'link':
        return provenByLink(proof.secret);
      case 'id_token':
        throw refusal();
    }
  }

  /** The user must not change meanwhile: who is disabled at this moment gets no session that outlives it. */
  async function openSession({ userId, writes, preconditions }: Grounds): Promise<StartedSession> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const user = await enabledUser(userId);
      if (!user) throw refusal();
      const cookie = identifiers.secret(SESSION_PREFIX);
      const id = identifiers.digest(cookie);
      const createdAt = clock.timestamp();
      const expiresAt = new Date(clock.now() + SESSION_DAYS * DAY_MS).toISOString();
      const outcome = await store.commit(
        [...writes, { op: 'put', kind: 'session', id, record: { userId, createdAt, expiresAt } }],
        [...preconditions, { kind: 'user', id: userId, version: user.version }],
      );
      if (outcome.committed) return { cookie, expiresAt, identity: identityOf(user) };
      if (outcome.failed.kind !== 'user') throw refusal();
    }
    throw new Failure('unavailable', 'The account is being changed all the time. Try again in a moment.', {
      code: 'contention',
      retryAfterSeconds: 1,
    });
  }

  function digestOf(secret: string): string | null {
    return secret === '' || secret.length > SECRET_MAX_LENGTH ? null : identifiers.digest(secret);
  }

  async function deleteSessions(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await store.commit(
      ids.map((id): Write => ({ op: 'delete', kind: 'session', id })),
      [],
    );
  }

  return {
    accepts: ['password', 'link'],
    async startSession(proof) {
      return openSession(await proven(proof));
    },
    async identify(cookie) {
      const id = digestOf(cookie);
      const session = id === null ? null : await store.get(EVERYTHING, 'session', id);
      if (!session || Date.parse(session.record.expiresAt) <= clock.now()) return null;
      const user = await enabledUser(session.record.userId);
      return user && identityOf(user);
    },
    async endSession(cookie) {
      const id = digestOf(cookie);
      if (id !== null && (await store.get(EVERYTHING, 'session', id))) await deleteSessions([id]);
    },
    async endAllSessions({ issuer, subject }) {
      if (issuer !== ISSUER) return;
      for (;;) {
        const page = await store.list(EVERYTHING, 'session', { where: { userId: subject }, limit: PAGE });
        await deleteSessions(page.items.map(({ id }) => id));
        if (page.nextCursor === null) return;
      }
    },
    async createSignInLink(userId, expiresAt) {
      const secret = identifiers.secret(LINK_PREFIX);
      const id = identifiers.digest(secret);
      await store.commit([{ op: 'put', kind: 'sign_in_link', id, record: { userId, expiresAt } }], []);
      return secret;
    },
    async setPassword(userId, password) {
      const normalized = acceptablePassword(password);
      if (!(await enabledUser(userId))) throw notFound('user', userId);
      const record = { hash: await hashPassword(normalized), updatedAt: clock.timestamp() };
      await store.commit([{ op: 'put', kind: 'password', id: userId, record }], []);
    },
    check: () => store.check(),
  };
}

function identityOf({ id, record }: Versioned<User>): Identity {
  return { issuer: ISSUER, subject: id, email: record.email, emailVerified: true };
}

/** One sentence for everything that can be wrong with a proof. */
function refusal(): Failure {
  return new Failure(
    'unauthenticated',
    'Sign-in was refused. Check what you entered, or ask an administrator for an invitation.',
  );
}
