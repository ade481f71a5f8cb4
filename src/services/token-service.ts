import { Failure, invalidField, notFound } from '../core/errors.ts';
import { EVERYTHING, SCOPES, type Actor } from '../core/permissions.ts';
import type { ApiToken } from '../core/records.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore, PageRequest, Versioned } from '../ports/environment-store.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import { requireScope } from './authorize.ts';
import type { TokenCreate } from './contract/account-inputs.ts';
import { assertVersion, put, unchanged, type CallOptions, type Plan, type UnitOfWork } from './unit-of-work.ts';

export interface TokenServiceParts {
  readonly store: EnvironmentStore;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
}

/** A token with its last use, which is a record of its own. */
export interface TokenWithUse extends Versioned<ApiToken> {
  /** RFC 3339, to about a minute. */
  readonly lastUsedAt: string | null;
}

/** The only time that the secret is shown. */
export interface CreatedToken extends TokenWithUse {
  readonly secret: string;
}

export interface TokenService {
  createToken(actor: Actor, input: TokenCreate, options?: CallOptions<CreatedToken>): Promise<CreatedToken>;
  getToken(actor: Actor, id: string): Promise<TokenWithUse>;
  /** The actor's own; administrators may ask for everyone's. */
  listTokens(
    actor: Actor,
    page: PageRequest & { readonly everyone?: boolean },
  ): Promise<{ items: readonly TokenWithUse[]; nextCursor: string | null }>;
  /** Revoked at once and for ever. Again is fine. */
  revokeToken(actor: Actor, id: string, options?: CallOptions<Versioned<ApiToken>>): Promise<Versioned<ApiToken>>;
  /** For installs without hands: an administrator's token with a given secret, made once and never resurrected. */
  ensureBootstrapToken(owner: { readonly id: string; readonly email: string }, secret: string): Promise<void>;
}

const TOKEN_PREFIX = 'bb';

export function createTokenService({ store, unitOfWork, clock, identifiers }: TokenServiceParts): TokenService {
  function planToken(id: string, secret: string, record: ApiToken): Plan<CreatedToken> {
    const secretId = identifiers.digest(secret);
    return {
      writes: [put('api_token', id, record), put('token_secret', secretId, { tokenId: id })],
      preconditions: [unchanged('api_token', id, null), unchanged('token_secret', secretId, null)],
      result: { id, version: 1, record, lastUsedAt: null, secret },
    };
  }

  /** Someone else's token does not exist for whoever is not an administrator. */
  async function find(actor: Actor, id: string): Promise<Versioned<ApiToken>> {
    const found = await store.get(EVERYTHING, 'api_token', id);
    if (!found || (actor.role !== 'administrator' && found.record.owner.id !== actor.userId))
      throw notFound('token', id);
    return found;
  }

  async function view(token: Versioned<ApiToken>): Promise<TokenWithUse> {
    const use = await store.get(EVERYTHING, 'token_use', token.id);
    return { ...token, lastUsedAt: use?.record.at ?? null };
  }

  return {
    async createToken(actor, input, options = {}) {
      requireScope(actor, 'tokens:write');
      if (actor.userId === null) throw new Failure('forbidden', 'A token needs a user to act for.');
      const excess = input.scopes.find((scope) => !actor.scopes.has(scope));
      if (excess !== undefined) {
        throw invalidField(
          `scopes.${String(input.scopes.indexOf(excess))}`,
          `is more than you have yourself: ${excess}`,
          'scope_exceeds_maker',
        );
      }
      const expiresAt = input.expires_at ? new Date(input.expires_at).toISOString() : null;
      if (expiresAt !== null && Date.parse(expiresAt) <= clock.now())
        throw invalidField('expires_at', 'must be in the future');
      const owner = { id: actor.userId, email: actor.email };
      const id = identifiers.ordered('tok');
      const secret = identifiers.secret(TOKEN_PREFIX);
      const now = clock.timestamp();
      const record: ApiToken = {
        name: input.name,
        owner,
        scopes: [...new Set(input.scopes)],
        expiresAt,
        revokedAt: null,
        createdAt: now,
        updatedAt: now,
      };
      return unitOfWork.execute(actor, () => Promise.resolve(planToken(id, secret, record)), options.idempotency);
    },
    async getToken(actor, id) {
      requireScope(actor, 'tokens:read');
      return view(await find(actor, id));
    },
    async listTokens(actor, page) {
      requireScope(actor, 'tokens:read');
      const everyone = page.everyone === true && actor.role === 'administrator';
      const { limit, cursor } = page;
      const found = await store.list(EVERYTHING, 'api_token', {
        limit,
        cursor,
        order: 'descending',
        ...(everyone ? {} : { where: { 'owner.id': actor.userId ?? '' } }),
      });
      return { items: await Promise.all(found.items.map(view)), nextCursor: found.nextCursor };
    },
    async revokeToken(actor, id, options = {}) {
      requireScope(actor, 'tokens:write');
      return unitOfWork.execute(actor, async () => {
        const found = await find(actor, id);
        assertVersion(found, options);
        if (found.record.revokedAt !== null) return { writes: [], preconditions: [], result: found };
        const now = clock.timestamp();
        const record: ApiToken = { ...found.record, revokedAt: now, updatedAt: now };
        return {
          writes: [put('api_token', id, record)],
          preconditions: [unchanged('api_token', id, found)],
          result: { id, version: found.version + 1, record },
        };
      });
    },
    async ensureBootstrapToken(owner, secret) {
      if (await store.get(EVERYTHING, 'token_secret', identifiers.digest(secret))) return;
      const now = clock.timestamp();
      const plan = planToken(identifiers.ordered('tok'), secret, {
        name: 'bootstrap',
        owner,
        scopes: [...SCOPES],
        expiresAt: null,
        revokedAt: null,
        createdAt: now,
        updatedAt: now,
      });
      // A failed precondition means that another replica has just made it.
      await store.commit(plan.writes, plan.preconditions);
    },
  };
}
