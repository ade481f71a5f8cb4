import { z } from 'zod';
import { ROLES, SCOPES } from '../../../core/permissions.ts';
import type { User } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import type { TokenWithUse } from '../../../services/token-service.ts';
import { pageOf, person, timestamp } from './common.ts';

const tokenFields = {
  id: z.string(),
  name: z.string(),
  owner: person,
  scopes: z.array(z.enum(SCOPES)),
  expires_at: timestamp.nullable(),
  last_used_at: timestamp.nullable().meta({ description: 'To about a minute. Using a token does not change its ETag' }),
  revoked_at: timestamp.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
  created_by: person,
};

export const tokenResponse = z.strictObject(tokenFields).meta({ id: 'TokenResponse' });
export const createdTokenResponse = z
  .strictObject({ ...tokenFields, secret: z.string().meta({ description: 'Shown this once and never again' }) })
  .meta({ id: 'CreatedTokenResponse' });
export const tokenPage = pageOf('TokenPage', tokenResponse);

export function toTokenResponse({ id, record, lastUsedAt }: TokenWithUse): z.output<typeof tokenResponse> {
  return {
    id,
    name: record.name,
    owner: record.owner.email,
    scopes: [...record.scopes],
    expires_at: record.expiresAt,
    last_used_at: lastUsedAt,
    revoked_at: record.revokedAt,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    created_by: record.owner.email,
  };
}

const userFields = {
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  disabled: z.boolean(),
  created_at: timestamp,
  updated_at: timestamp,
};

export const userResponse = z.strictObject(userFields).meta({ id: 'UserResponse' });
export const invitedUserResponse = z
  .strictObject({
    ...userFields,
    sign_in_link: z.string().meta({ description: 'Signs in once. Shown this once and never again' }),
    sign_in_link_expires_at: timestamp,
  })
  .meta({ id: 'InvitedUserResponse' });
export const userPage = pageOf('UserPage', userResponse);

export function toUserResponse({ id, record }: Versioned<User>): z.output<typeof userResponse> {
  return {
    id,
    email: record.email,
    name: record.name,
    role: record.role,
    disabled: record.disabled,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}
