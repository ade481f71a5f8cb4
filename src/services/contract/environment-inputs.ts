import { z } from 'zod';
import { isCommitSha } from '../../core/branch.ts';
import { TTL_HOURS_DEFAULT } from '../../core/ttl.ts';
import { branchName, environmentName, identifier, ttlHours, values } from './fields.ts';

export const environmentCreate = z
  .strictObject({
    name: environmentName.optional(),
    repository_id: identifier,
    branch: branchName.default('main'),
    config_set_id: identifier.nullish(),
    ttl_hours: ttlHours.default(TTL_HOURS_DEFAULT),
    helm_values_override: values.nullish(),
  })
  .meta({ id: 'EnvironmentCreate' });
export type EnvironmentCreate = z.output<typeof environmentCreate>;

/** Only what is given changes. `ttl_hours` renews the lease from now; a config set is taken in its newest revision. */
export const environmentUpdate = z
  .strictObject({
    ttl_hours: ttlHours.optional(),
    helm_values_override: values.nullable().optional(),
    config_set_id: identifier.nullable().optional(),
    auto_update: z.boolean().optional(),
  })
  .refine((input) => Object.values(input).some((value) => value !== undefined), { message: 'must change something' })
  .meta({ id: 'EnvironmentUpdate' });
export type EnvironmentUpdate = z.output<typeof environmentUpdate>;

export const redeployRequest = z
  .strictObject({
    commit_sha: z
      .string()
      .refine(isCommitSha, { message: 'must be a full commit id of 40 or 64 hexadecimal digits' })
      .nullish()
      .meta({ description: 'Left out: the newest commit of the branch' }),
  })
  .meta({ id: 'RedeployRequest' });
export type RedeployRequest = z.output<typeof redeployRequest>;
