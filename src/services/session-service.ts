import { Failure } from '../core/errors.ts';
import { effectiveScopes, EVERYTHING, type Actor } from '../core/permissions.ts';
import type { User } from '../core/records.ts';
import type { Authenticator, Identity, SignInProof, StartedSession } from '../ports/authenticator.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Versioned } from '../ports/environment-store.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import type { Log } from '../ports/log.ts';
import { createTokenUses } from './token-uses.ts';

export interface SessionServiceParts {
  readonly store: EnvironmentStore;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly log: Log;
}

/** Finds out who acts. Null is the answer to everything that is not a valid, living credential of an enabled user. */
export interface SessionService {
  /** Forms of proof that the sign-in page may offer. */
  readonly accepts: readonly SignInProof['kind'][];
  signIn(proof: SignInProof): Promise<StartedSession>;
  signOut(cookie: string): Promise<void>;
  actorOfSession(cookie: string): Promise<Actor | null>;
  actorOfToken(secret: string): Promise<Actor | null>;
}

export function createSessionService({
  store,
  authenticator,
  clock,
  identifiers,
  log,
}: SessionServiceParts): SessionService {
  const uses = createTokenUses({ store, clock, log });

  async function userOf(identity: Identity): Promise<Versioned<User> | null> {
    if (identity.issuer === 'local') return store.get(EVERYTHING, 'user', identity.subject);
    const candidates = await store.list(EVERYTHING, 'user', {
      where: { issuer: identity.issuer, email: identity.email },
      limit: 10,
    });
    return candidates.items.find(({ record }) => record.subject === identity.subject) ?? null;
  }

  return {
    accepts: authenticator.accepts,
    async signIn(proof) {
      const session = await authenticator.startSession(proof);
      const user = await userOf(session.identity);
      if (user && !user.record.disabled) return session;
      await authenticator.endSession(session.cookie);
      throw new Failure(
        'unauthenticated',
        'Sign-in was refused. Check what you entered, or ask an administrator for an invitation.',
      );
    },
    signOut: (cookie) => authenticator.endSession(cookie),
    async actorOfSession(cookie) {
      const identity = await authenticator.identify(cookie);
      if (!identity) return null;
      const user = await userOf(identity);
      if (!user || user.record.disabled) return null;
      return {
        userId: user.id,
        email: user.record.email,
        role: user.record.role,
        scopes: effectiveScopes(user.record.role, 'all'),
        via: 'session',
        tokenId: null,
      };
    },
    async actorOfToken(secret) {
      const pointer = await store.get(EVERYTHING, 'token_secret', identifiers.digest(secret));
      if (!pointer) return null;
      const token = await store.get(EVERYTHING, 'api_token', pointer.record.tokenId);
      if (!token || token.record.revokedAt !== null) return null;
      if (token.record.expiresAt !== null && Date.parse(token.record.expiresAt) <= clock.now()) return null;
      const user = await store.get(EVERYTHING, 'user', token.record.owner.id);
      if (!user || user.record.disabled) return null;
      uses.note(token);
      return {
        userId: user.id,
        email: user.record.email,
        role: user.record.role,
        scopes: effectiveScopes(user.record.role, token.record.scopes),
        via: 'token',
        tokenId: token.id,
      };
    },
  };
}
