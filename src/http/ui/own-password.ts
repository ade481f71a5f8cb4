import { EVERYTHING, type Actor } from '../../core/permissions.ts';
import type { HttpParts } from '../parts.ts';

/** Whether whoever is signed in could come back with a password, or needs none because another service vouches. */
export async function hasOwnPassword(
  { store, sessions }: Pick<HttpParts, 'store' | 'sessions'>,
  { userId, via }: Actor,
): Promise<boolean> {
  if (userId === null || via !== 'session' || !sessions.accepts.includes('password')) return true;
  return (await store.get(EVERYTHING, 'password', userId)) !== null;
}
