import { invalid, notFound, type InputFault } from '../../core/errors.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import type { Password, Session } from '../../core/records.ts';
import type { LocalAccounts, PasswordChange } from '../../ports/authenticator.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EnvironmentStore, Precondition, Versioned, Write } from '../../ports/environment-store.ts';
import type { Identifiers } from '../../ports/identifiers.ts';
import { ATTEMPTS, contention, digestOf, enabledUser, endAll, endings } from './local-users.ts';
import { hashPassword, verifyPassword } from './password-hash.ts';
import { BAD_LENGTH, normalizedPassword } from './password-rule.ts';

export interface LocalAccountsParts {
  readonly store: EnvironmentStore;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
}

const LINK_PREFIX = 'bbl';
const WRONG_CURRENT: InputFault = {
  loc: ['body', 'current_password'],
  msg: 'must be your password until now',
  type: 'wrong_password',
};

/** Passwords and sign-in links as records of the store. Of secrets only digests are kept. */
export function createLocalAccounts({ store, clock, identifiers }: LocalAccountsParts): LocalAccounts {
  async function sessionOf(userId: string, cookie: string | null): Promise<Versioned<Session> | null> {
    const id = cookie === null ? null : digestOf(identifiers, cookie);
    const session = id === null ? null : await store.get(EVERYTHING, 'session', id);
    return session?.record.userId === userId ? session : null;
  }

  async function checked(userId: string, { password, current, sessionCookie }: PasswordChange) {
    if (!(await enabledUser(store, userId))) throw notFound('user', userId);
    const stored = await store.get(EVERYTHING, 'password', userId);
    const session = await sessionOf(userId, sessionCookie);
    const normalized = normalizedPassword(password);
    const isWrong = stored !== null && asksForCurrent(session) && !(await isCurrent(stored.record, current));
    if (normalized !== null && !isWrong) return { normalized, stored, session };
    throw invalid([...(isWrong ? [WRONG_CURRENT] : []), ...(normalized === null ? [BAD_LENGTH] : [])]);
  }

  return {
    async createSignInLink(userId, expiresAt) {
      const secret = identifiers.secret(LINK_PREFIX);
      const id = identifiers.digest(secret);
      await store.commit([{ op: 'put', kind: 'sign_in_link', id, record: { userId, expiresAt } }], []);
      return secret;
    },
    async asksForCurrentPassword(userId, sessionCookie) {
      const stored = await store.get(EVERYTHING, 'password', userId);
      return stored !== null && asksForCurrent(await sessionOf(userId, sessionCookie));
    },
    async checkPassword(userId, change) {
      await checked(userId, change);
    },
    async setPassword(userId, change) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const { normalized, stored, session } = await checked(userId, change);
        const record: Password = { hash: await hashPassword(normalized), updatedAt: clock.timestamp() };
        const outcome = await store.commit(
          [
            { op: 'put', kind: 'password', id: userId, record },
            ...(await endings(store, 'sign_in_link', userId)),
            ...(await endings(store, 'session', userId, session?.id)),
            ...goingOn(session),
          ],
          [still('password', userId, stored), ...(session ? [still('session', session.id, session)] : [])],
        );
        if (!outcome.committed) continue;
        // What was begun by the old password or a link while this was decided, and what one commit had no room for.
        await endAll(store, 'sign_in_link', userId);
        await endAll(store, 'session', userId, session?.id);
        return;
      }
      throw contention();
    },
  };
}

/** A link stands for the password that was forgotten. */
function asksForCurrent(session: Versioned<Session> | null): boolean {
  return session?.record.provenBy !== 'link';
}

function isCurrent({ hash }: Password, current: string | null): Promise<boolean> {
  return verifyPassword(normalizedPassword(current ?? '') ?? '', hash);
}

/** It knows the new password from now on, so the next time it is asked for it. */
function goingOn(session: Versioned<Session> | null): readonly Write[] {
  if (session === null) return [];
  return [{ op: 'put', kind: 'session', id: session.id, record: { ...session.record, provenBy: 'password' } }];
}

function still(kind: 'password' | 'session', id: string, read: { readonly version: number } | null): Precondition {
  return read ? { kind, id, version: read.version } : { kind, id, absent: true };
}
