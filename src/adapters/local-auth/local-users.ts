import { Failure } from '../../core/errors.ts';
import { EVERYTHING } from '../../core/permissions.ts';
import type { User } from '../../core/records.ts';
import type { EnvironmentStore, Versioned, Write } from '../../ports/environment-store.ts';
import type { Identifiers } from '../../ports/identifiers.ts';

/** Who vouches for users whom Blueberry itself signs in. */
export const ISSUER = 'local';
/** Tries of a change that others keep getting in the way of. */
export const ATTEMPTS = 10;

const SECRET_MAX_LENGTH = 200;
const PAGE = 1_000;

/** Null for whoever does not exist, is disabled, or is vouched for by another service. */
export async function enabledUser(store: EnvironmentStore, userId: string): Promise<Versioned<User> | null> {
  const user = await store.get(EVERYTHING, 'user', userId);
  return user && user.record.issuer === ISSUER && !user.record.disabled ? user : null;
}

/** Told after so many tries. */
export function contention(): Failure {
  return new Failure('unavailable', 'The account is being changed all the time. Try again in a moment.', {
    code: 'contention',
    retryAfterSeconds: 1,
  });
}

/** By what a secret is kept and found; null for what can't be one. */
export function digestOf(identifiers: Identifiers, secret: string): string | null {
  return secret === '' || secret.length > SECRET_MAX_LENGTH ? null : identifiers.digest(secret);
}

/** The writes that end a user's sessions, or sign-in links, but for one of them: as many as one commit should have. */
export async function endings(
  store: EnvironmentStore,
  kind: 'session' | 'sign_in_link',
  userId: string,
  keptId: string | null = null,
): Promise<readonly Write[]> {
  const page = await store.list(EVERYTHING, kind, { where: { userId }, limit: PAGE });
  return page.items.filter(({ id }) => id !== keptId).map(({ id }) => ({ op: 'delete', kind, id }));
}

/** Ends them all, in as many commits as that takes. */
export async function endAll(...which: Parameters<typeof endings>): Promise<void> {
  const [store] = which;
  for (;;) {
    const writes = await endings(...which);
    if (writes.length === 0) return;
    await store.commit(writes, []);
  }
}
