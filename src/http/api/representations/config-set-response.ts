import { z } from 'zod';
import type { ConfigSetRevision } from '../../../core/records.ts';
import type { ConfigSetView } from '../../../services/config-set-service.ts';
import { jsonObject, pageOf, person, timestamp } from './common.ts';

const secretNames = z.array(z.string()).meta({ description: 'Names only: values can be replaced, never read back' });

export const configSetResponse = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    repository_ids: z.array(z.string()),
    revision: z.int(),
    values: jsonObject,
    secret_names: secretNames,
    created_at: timestamp,
    updated_at: timestamp,
    created_by: person,
  })
  .meta({ id: 'ConfigSetResponse' });
export const configSetPage = pageOf('ConfigSetPage', configSetResponse);

export function toConfigSetResponse({ id, configSet, revision }: ConfigSetView): z.output<typeof configSetResponse> {
  return {
    id,
    name: configSet.name,
    description: configSet.description,
    repository_ids: [...configSet.repositoryIds],
    revision: configSet.revision,
    values: revision.values,
    secret_names: Object.keys(revision.sealedSecrets).sort(),
    created_at: configSet.createdAt,
    updated_at: configSet.updatedAt,
    created_by: configSet.createdBy.email,
  };
}

const configSetRevision = z
  .strictObject({
    revision: z.int(),
    values: jsonObject,
    secret_names: secretNames,
    created_at: timestamp,
    created_by: person,
  })
  .meta({ id: 'ConfigSetRevision' });
export const configSetRevisionPage = pageOf('ConfigSetRevisionPage', configSetRevision);

export function toConfigSetRevision(record: ConfigSetRevision): z.output<typeof configSetRevision> {
  return {
    revision: record.revision,
    values: record.values,
    secret_names: Object.keys(record.sealedSecrets).sort(),
    created_at: record.createdAt,
    created_by: record.createdBy.email,
  };
}
