import { z } from 'zod';
import { ROLES, SCOPES } from '../../core/permissions.ts';
import { shortText } from './fields.ts';

export const tokenCreate = z
  .strictObject({
    name: shortText,
    scopes: z.array(z.enum(SCOPES)).min(1).meta({ description: 'Never more than its maker has' }),
    expires_at: z.iso.datetime({ offset: true }).nullish().meta({ description: 'Left out: it does not expire' }),
  })
  .meta({ id: 'TokenCreate' });
export type TokenCreate = z.output<typeof tokenCreate>;

export const userInvite = z
  .strictObject({
    email: z
      .email()
      .max(320)
      .transform((email) => email.toLowerCase()),
    name: shortText.optional(),
    role: z.enum(ROLES),
  })
  .meta({ id: 'UserInvite' });
export type UserInvite = z.output<typeof userInvite>;

export const userUpdate = z
  .strictObject({
    name: shortText.optional(),
    role: z.enum(ROLES).optional(),
    disabled: z.boolean().optional(),
  })
  .meta({ id: 'UserUpdate' });
export type UserUpdate = z.output<typeof userUpdate>;
