import { z } from 'zod';
import { CONDITION_TYPES } from '../../../core/condition.ts';
import { PHASES, type Environment } from '../../../core/environment.ts';
import type { Placement } from '../../parts.ts';
import { jsonObject, nextCursor, person, timestamp } from './common.ts';

const condition = z
  .strictObject({
    type: z.enum(CONDITION_TYPES),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string(),
    message: z.string(),
    last_transition_time: timestamp,
    observed_revision: z.int(),
  })
  .meta({ id: 'Condition' });

export const environmentResponse = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    status: z.enum(PHASES),
    message: z.string().meta({ description: 'Why it is not ready, or what is being waited for, in one sentence' }),
    urls: z.array(z.string()),
    created_at: timestamp,
    updated_at: timestamp,
    expires_at: timestamp,
    terminated_at: timestamp.nullable(),
    ttl_hours: z.int(),
    owner: person,
    repository_id: z.string(),
    config_set_id: z.string().nullable(),
    config_set_revision: z.int().nullable(),
    git: z.strictObject({
      repository_id: z.string(),
      repository_url: z.string(),
      branch: z.string(),
      commit_sha: z.string().nullable().meta({ description: 'The wanted commit; null until it has been resolved' }),
      pull_request: z.int().nullable(),
    }),
    kubernetes: z.strictObject({
      cluster: z.string(),
      namespace: z.string(),
      application: z.string(),
      sync_status: z.enum(['Synced', 'OutOfSync', 'Unknown']),
      health_status: z.enum(['Healthy', 'Progressing', 'Degraded', 'Suspended', 'Missing', 'Unknown']),
    }),
    conditions: z.array(condition),
    generation: z.int(),
    observed_generation: z.int(),
    asleep: z.boolean(),
    auto_update: z.boolean(),
    helm_values_override: jsonObject.nullable(),
    source: z.strictObject({ kind: z.enum(['manual', 'api', 'pull_request']), fork: z.boolean() }),
  })
  .meta({ id: 'EnvironmentResponse' });
export type EnvironmentResponse = z.output<typeof environmentResponse>;

export const environmentList = z
  .strictObject({
    items: z.array(environmentResponse),
    next_cursor: nextCursor,
    total: z.int().meta({ description: 'How many the filter finds in all' }),
    position: z.string().meta({
      description:
        'Give it as `after` to the event stream: nothing falls between. `unknown` while the events are out of order; the stream then begins with `reset`',
    }),
  })
  .meta({ id: 'EnvironmentList' });

function toEnvironmentResponse({ metadata, spec, status }: Environment, placement: Placement): EnvironmentResponse {
  const [component] = spec.components;
  return {
    id: metadata.id,
    name: metadata.name,
    status: status.phase,
    message: status.message,
    urls: [...status.urls],
    created_at: metadata.createdAt,
    updated_at: metadata.updatedAt,
    expires_at: spec.expiresAt,
    terminated_at: status.archivedAt,
    ttl_hours: spec.ttlHours,
    owner: metadata.owner.email,
    repository_id: component.repositoryId,
    config_set_id: spec.configSet?.id ?? null,
    config_set_revision: spec.configSet?.revision ?? null,
    git: {
      repository_id: component.repositoryId,
      repository_url: component.repositoryUrl,
      branch: component.branch,
      commit_sha: component.commit,
      pull_request: component.pullRequest,
    },
    kubernetes: {
      cluster: placement.cluster,
      namespace: placement.namespace,
      application: placement.application,
      sync_status: status.sync,
      health_status: status.health,
    },
    conditions: status.conditions.map((one) => ({
      type: one.type,
      status: one.status,
      reason: one.reason,
      message: one.message,
      last_transition_time: one.lastTransitionTime,
      observed_revision: one.observedRevision,
    })),
    generation: metadata.generation,
    observed_generation: status.observedGeneration,
    asleep: spec.asleep,
    auto_update: spec.autoUpdate,
    helm_values_override: spec.helmValuesOverride,
    source: { kind: metadata.source.kind, fork: metadata.source.fork },
  };
}

/** The response of an environment as JSON text. */
export type EncodeEnvironment = (environment: Environment) => string;

/**
 * Records are never changed in place and stores hand out the same object for the same version, so each is encoded once
 * and serves every list, reply and event that shows it.
 */
export function createEnvironmentEncoder(placementOf: (environment: Environment) => Placement): EncodeEnvironment {
  const texts = new WeakMap<Environment, string>();
  return (environment) => {
    let text = texts.get(environment);
    if (text === undefined) {
      text = JSON.stringify(toEnvironmentResponse(environment, placementOf(environment)));
      texts.set(environment, text);
    }
    return text;
  };
}
