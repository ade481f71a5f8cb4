import { Failure, notFound } from '../core/errors.ts';
import { EVERYTHING, type Actor } from '../core/permissions.ts';
import type { User } from '../core/records.ts';
import type { Authenticator, LocalAccounts, PasswordChange } from '../ports/authenticator.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, Page, PageRequest, Versioned } from '../ports/environment-store.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import { requireScope } from './authorize.ts';
import type { UserInvite, UserUpdate } from './contract/account-inputs.ts';
import { assertVersion, put, unchanged, type CallOptions, type Plan, type UnitOfWork } from './unit-of-work.ts';

export interface UserServiceParts {
  readonly store: EnvironmentStore;
  readonly authenticator: Authenticator;
  readonly accounts: LocalAccounts;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
}

/** The only time that the link's secret is shown. */
export interface InvitedUser extends Versioned<User> {
  readonly linkSecret: string;
  readonly linkExpiresAt: string;
}

export interface UserService {
  inviteUser(actor: Actor, input: UserInvite, options?: CallOptions<InvitedUser>): Promise<InvitedUser>;
  getUser(actor: Actor, id: string): Promise<Versioned<User>>;
  listUsers(actor: Actor, page: PageRequest): Promise<Page<User>>;
  updateUser(
    actor: Actor,
    id: string,
    input: UserUpdate,
    options?: CallOptions<Versioned<User>>,
  ): Promise<Versioned<User>>;
  /** A fresh link for someone who lost theirs. */
  createSignInLink(actor: Actor, id: string, options?: CallOptions<InvitedUser>): Promise<InvitedUser>;
  /** Whether the password until now has to be given to set another one. */
  asksForCurrentPassword(actor: Actor, sessionCookie: string | null): Promise<boolean>;
  /** Finds everything that would keep `setPassword` from it, and changes nothing. */
  checkPassword(actor: Actor, change: PasswordChange): Promise<void>;
  /** Signed-in people set their own; what else is signed in for them, or could be by a link, is not any more. */
  setPassword(actor: Actor, change: PasswordChange): Promise<void>;
  /** The administrator that every installation starts with, made once. */
  ensureFirstAdministrator(email: string): Promise<Versioned<User>>;
  /** A link for the first administrator to print at start; null once a password has been set. */
  firstSignInLink(userId: string): Promise<string | null>;
}

const INVITATION_DAYS = 7;
const DAY_MS = 86_400_000;
const USERS_PAGE = 1000;

export function createUserService(parts: UserServiceParts): UserService {
  const { store, authenticator, accounts, unitOfWork, clock, identifiers } = parts;

  /** For use cases that ask for a scope of their own. */
  async function find(id: string): Promise<Versioned<User>> {
    const found = await store.get(EVERYTHING, 'user', id);
    if (!found) throw notFound('user', id);
    return found;
  }

  async function read(actor: Actor, id: string): Promise<Versioned<User>> {
    requireScope(actor, 'users:read');
    return find(id);
  }

  async function withLink(user: Versioned<User>): Promise<InvitedUser> {
    const linkExpiresAt = new Date(clock.now() + INVITATION_DAYS * DAY_MS).toISOString();
    return { ...user, linkExpiresAt, linkSecret: await accounts.createSignInLink(user.id, linkExpiresAt) };
  }

  function newUser(id: string, email: string, name: string, role: User['role']): User {
    const now = clock.timestamp();
    return { email, name, role, disabled: false, issuer: 'local', subject: id, createdAt: now, updatedAt: now };
  }

  async function anotherAdministrator(id: string): Promise<Versioned<User> | null> {
    let cursor: string | undefined;
    do {
      const page = await store.list(EVERYTHING, 'user', { limit: USERS_PAGE, cursor });
      const found = page.items.find((user) => user.id !== id && isActiveAdministrator(user.record));
      if (found) return found;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return null;
  }

  return {
    async inviteUser(actor, input, options = {}) {
      requireScope(actor, 'users:write');
      const id = identifiers.ordered('usr');
      const plan = async (): Promise<Plan<InvitedUser>> => {
        const same = await store.get(EVERYTHING, 'email_reservation', input.email);
        if (same) {
          throw new Failure(
            'conflict',
            `${input.email} is a user already (${same.record.userId}). Change that one instead.`,
            { code: 'user_exists' },
          );
        }
        const record = newUser(id, input.email, input.name ?? input.email, input.role);
        return {
          // The e-mail address is reserved by a record of its own, so two invitations at once can't both be made.
          writes: [put('user', id, record), put('email_reservation', input.email, { userId: id })],
          preconditions: [unchanged('user', id, null), unchanged('email_reservation', input.email, null)],
          // A link to a user who is never made leads nowhere, and is purged when it has expired.
          result: await withLink({ id, version: 1, record }),
        };
      };
      return unitOfWork.execute(actor, plan, options.idempotency);
    },
    getUser: read,
    listUsers(actor, page) {
      requireScope(actor, 'users:read');
      return store.list(EVERYTHING, 'user', page);
    },
    async updateUser(actor, id, input, options = {}) {
      requireScope(actor, 'users:write');
      const updated = await unitOfWork.execute(actor, async () => {
        const found = await find(id);
        assertVersion(found, options);
        const record: User = {
          ...found.record,
          name: input.name ?? found.record.name,
          role: input.role ?? found.record.role,
          disabled: input.disabled ?? found.record.disabled,
          updatedAt: clock.timestamp(),
        };
        const givesUp = isActiveAdministrator(found.record) && !isActiveAdministrator(record);
        const another = givesUp ? await anotherAdministrator(id) : null;
        if (givesUp && !another) {
          throw new Failure('conflict', 'This is the last administrator. Make someone else an administrator first.', {
            code: 'last_administrator',
          });
        }
        return {
          writes: [put('user', id, record)],
          // The other one must still be an administrator when this is applied.
          preconditions: [unchanged('user', id, found), ...(another ? [unchanged('user', another.id, another)] : [])],
          result: { id, version: found.version + 1, record },
        };
      });
      if (updated.record.disabled) await authenticator.endAllSessions(updated.record);
      return updated;
    },
    async createSignInLink(actor, id, options = {}) {
      requireScope(actor, 'users:write');
      const plan = async (): Promise<Plan<InvitedUser>> => {
        const found = await find(id);
        assertVersion(found, options);
        return { writes: [], preconditions: [], result: await withLink(found) };
      };
      return unitOfWork.execute(actor, plan, options.idempotency);
    },
    async asksForCurrentPassword({ userId, via }, sessionCookie) {
      return userId !== null && via === 'session' && accounts.asksForCurrentPassword(userId, sessionCookie);
    },
    async checkPassword(actor, change) {
      await accounts.checkPassword(signedInUser(actor), change);
    },
    async setPassword(actor, change) {
      await accounts.setPassword(signedInUser(actor), change);
    },
    async ensureFirstAdministrator(email) {
      for (;;) {
        const reservation = await store.get(EVERYTHING, 'email_reservation', email);
        const existing = reservation && (await store.get(EVERYTHING, 'user', reservation.record.userId));
        if (existing) return existing;
        const id = identifiers.ordered('usr');
        const record = newUser(id, email, 'Administrator', 'administrator');
        await store.commit(
          [put('user', id, record), put('email_reservation', email, { userId: id })],
          [unchanged('user', id, null), unchanged('email_reservation', email, null)],
        );
      }
    },
    async firstSignInLink(userId) {
      if (await store.get(EVERYTHING, 'password', userId)) return null;
      return accounts.createSignInLink(userId, new Date(clock.now() + DAY_MS).toISOString());
    },
  };
}

function signedInUser({ userId, via }: Actor): string {
  if (userId !== null && via === 'session') return userId;
  throw new Failure('forbidden', 'A password can only be set by the one who is signed in with a browser.');
}

function isActiveAdministrator({ role, disabled }: User): boolean {
  return role === 'administrator' && !disabled;
}
