import { Failure } from '../../core/errors.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import type { Session, User } from '../../core/records.ts';
import type { Authenticator, Identity, LocalAccounts, SignInProof, StartedSession } from '../../ports/authenticator.ts';
import type { Precondition, Versioned, Write } from '../../ports/environment-store.ts';
import { createLocalAccounts, type LocalAccountsParts } from './local-accounts.ts';
import { ATTEMPTS, contention, digestOf, enabledUser, endAll, ISSUER } from './local-users.ts';
import { verifyPassword } from './password-hash.ts';
import { normalizedPassword } from './password-rule.ts';

const SESSION_DAYS = 5;
const DAY_MS = 86_400_000;
const SESSION_PREFIX = 'bbs';

/** Whom a proof shows, and what must still be so when the session is made. */
interface Grounds {
  readonly userId: string;
  readonly provenBy: Session['provenBy'];
  readonly writes: readonly Write[];
  readonly preconditions: readonly Precondition[];
}

/**
 * Users, passwords, sessions and sign-in links as records of the store. Of secrets only digests are kept. The identity's
 * subject is the user's id; the e-mail address counts as verified, since an administrator vouches for it.
 */
export function createLocalAuthenticator(parts: LocalAccountsParts): Authenticator & LocalAccounts {
  const { store, clock, identifiers } = parts;

  /** Always takes the time of one hash, whoever is asked for. */
  async function provenByPassword(email: string, password: string): Promise<Grounds> {
    const reservation = await store.get(EVERYTHING, 'email_reservation', email.trim().toLowerCase());
    const userId = reservation?.record.userId ?? '';
    const stored = await store.get(EVERYTHING, 'password', userId);
    const normalized = normalizedPassword(password);
    const matches = await verifyPassword(normalized ?? '', stored?.record.hash ?? null);
    if (!matches || normalized === null || !stored) throw refusal();
    const preconditions: Precondition[] = [{ kind: 'password', id: stored.id, version: stored.version }];
    return { userId, provenBy: 'password', writes: [], preconditions };
  }

  /** The session is only made together with the link's end, so of two uses at once one is refused. */
  async function provenByLink(secret: string): Promise<Grounds> {
    const id = digestOf(identifiers, secret);
    const link = id === null ? null : await store.get(EVERYTHING, 'sign_in_link', id);
    if (!link || Date.parse(link.record.expiresAt) <= clock.now()) throw refusal();
    return {
      userId: link.record.userId,
      provenBy: 'link',
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
  async function openSession({ userId, provenBy, writes, preconditions }: Grounds): Promise<StartedSession> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const user = await enabledUser(store, userId);
      if (!user) throw refusal();
      const cookie = identifiers.secret(SESSION_PREFIX);
      const id = identifiers.digest(cookie);
      const createdAt = clock.timestamp();
      const expiresAt = new Date(clock.now() + SESSION_DAYS * DAY_MS).toISOString();
      const outcome = await store.commit(
        [...writes, { op: 'put', kind: 'session', id, record: { userId, provenBy, createdAt, expiresAt } }],
        [...preconditions, { kind: 'user', id: userId, version: user.version }],
      );
      if (outcome.committed) return { cookie, expiresAt, identity: identityOf(user) };
      if (outcome.failed.kind !== 'user') throw refusal();
    }
    throw contention();
  }

  return {
    ...createLocalAccounts(parts),
    accepts: ['password', 'link'],
    async startSession(proof) {
      return openSession(await proven(proof));
    },
    async identify(cookie) {
      const id = digestOf(identifiers, cookie);
      const session = id === null ? null : await store.get(EVERYTHING, 'session', id);
      if (!session || Date.parse(session.record.expiresAt) <= clock.now()) return null;
      const user = await enabledUser(store, session.record.userId);
      return user && identityOf(user);
    },
    async endSession(cookie) {
      const id = digestOf(identifiers, cookie);
      if (id !== null && (await store.get(EVERYTHING, 'session', id)))
        await store.commit([{ op: 'delete', kind: 'session', id }], []);
    },
    async endAllSessions({ issuer, subject }) {
      if (issuer === ISSUER) await endAll(store, 'session', subject);
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
