import { Failure } from '../core/errors.ts';
import { may, mayChange, type Actor, type Scope } from '../core/permissions.ts';

/** Every use case names what it needs; the routes' table asks the same before. */
export function requireScope(actor: Actor, scope: Scope): void {
  if (may(actor, scope)) return;
  throw new Failure(
    'forbidden',
    actor.via === 'token'
      ? `This token does not have the scope ${scope}. Use one that has it.`
      : `Your role (${actor.role}) does not allow this (${scope}). Ask an administrator.`,
    { code: 'missing_scope' },
  );
}

export function requireOwnership(actor: Actor, ownerId: string, what: string): void {
  if (mayChange(actor, ownerId)) return;
  throw new Failure('forbidden', `Only its owner or an administrator can change this ${what}.`, { code: 'not_owner' });
}
