import { z } from 'zod';
import type { EffectiveValues, Receipt, TimelineEvent } from '../../../core/records.ts';
import { VALUE_LAYERS } from '../../../core/values.ts';
import type { LogLine, ResourceStatus } from '../../../ports/environment-runtime.ts';
import { jsonObject, listOf, pageOf, timestamp } from './common.ts';

const timelineEvent = z
  .strictObject({
    id: z.string(),
    at: timestamp,
    type: z.enum(['intent', 'progress', 'warning', 'end']),
    reason: z.string(),
    message: z.string(),
    actor: z.string().meta({ description: 'E-mail address of who asked for it; `blueberry` where nobody did' }),
    generation: z.int(),
  })
  .meta({ id: 'TimelineEvent' });
export const timelineEventPage = pageOf('TimelineEventPage', timelineEvent);

export function toTimelineEvent(id: string, event: TimelineEvent): z.output<typeof timelineEvent> {
  const { at, type, reason, message, actor, generation } = event;
  return { id, at, type, reason, message, actor, generation };
}

const resource = z
  .strictObject({
    kind: z.string(),
    name: z.string(),
    health: z.enum(['Healthy', 'Progressing', 'Degraded', 'Suspended', 'Missing', 'Unknown']),
    message: z.string().nullable(),
  })
  .meta({ id: 'Resource' });
export const resourceList = listOf('ResourceList', resource);

export function toResource({ kind, name, health, message }: ResourceStatus): z.output<typeof resource> {
  return { kind, name, health, message };
}

export const effectiveValues = z
  .strictObject({
    environment_id: z.string(),
    revision: z.int().meta({ description: 'The deployment that they were made for' }),
    commit_sha: z.string(),
    created_at: timestamp,
    values: jsonObject,
    origins: z.record(z.string(), z.enum(VALUE_LAYERS)).meta({
      description: 'JSON pointer of each leaf (RFC 6901) to the layer that it comes from',
    }),
  })
  .meta({ id: 'EffectiveValues' });

export function toEffectiveValues(record: EffectiveValues): z.output<typeof effectiveValues> {
  return {
    environment_id: record.environmentId,
    revision: record.revision,
    commit_sha: record.commit,
    created_at: record.createdAt,
    values: record.values,
    origins: record.origins,
  };
}

export const receipt = z
  .strictObject({
    environment_id: z.string(),
    requested_at: timestamp,
    completed_at: timestamp,
    removed: z.array(z.strictObject({ kind: z.string(), name: z.string(), verified_gone_at: timestamp })),
  })
  .meta({ id: 'Receipt' });

export function toReceipt(record: Receipt): z.output<typeof receipt> {
  return {
    environment_id: record.environmentId,
    requested_at: record.requestedAt,
    completed_at: record.completedAt,
    removed: record.removed.map(({ kind, name, verifiedGoneAt }) => ({ kind, name, verified_gone_at: verifiedGoneAt })),
  };
}

const logLine = z
  .strictObject({
    at: timestamp,
    container: z.string(),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
  })
  .meta({ id: 'LogLine' });
export const logLineList = listOf('LogLineList', logLine);

export function toLogLine({ at, container, stream, text }: LogLine): z.output<typeof logLine> {
  return { at, container, stream, text };
}
