import { findCondition, setCondition } from './condition.ts';
import type {
  Component,
  Environment,
  EnvironmentSource,
  EnvironmentSpec,
  EnvironmentStatus,
  Owner,
} from './environment.ts';
import type { JsonObject } from './json.ts';
import { withDerivedStatus } from './phase.ts';
import { expiryAfter } from './ttl.ts';

/** Everything that has been decided about an environment before it exists. */
export interface NewEnvironment {
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  readonly audience: readonly string[];
  readonly source: EnvironmentSource;
  readonly quotaSlots: readonly string[];
  readonly component: Component;
  readonly ttlHours: number;
  readonly configSet: { readonly id: string; readonly revision: number } | null;
  readonly helmValuesOverride: JsonObject | null;
  readonly url: string;
}

export function newEnvironment(input: NewEnvironment, now: string): Environment {
  return withDerivedStatus({
    metadata: {
      id: input.id,
      name: input.name,
      owner: input.owner,
      audience: input.audience,
      generation: 1,
      createdAt: now,
      updatedAt: now,
      deletionTimestamp: null,
      source: input.source,
      quotaSlots: input.quotaSlots,
    },
    spec: {
      components: [input.component],
      ttlHours: input.ttlHours,
      expiresAt: expiryAfter(now, input.ttlHours),
      asleep: false,
      autoUpdate: true,
      configSet: input.configSet,
      helmValuesOverride: input.helmValuesOverride,
      revision: 1,
      revisedAt: now,
    },
    status: {
      phase: 'pending',
      message: '',
      conditions: [],
      observedGeneration: 0,
      urls: [input.url],
      sync: 'Unknown',
      health: 'Missing',
      serving: null,
      canSleep: true,
      archivedAt: null,
    },
  });
}

/** A change of the desired state: the next generation of it. */
export function withSpec(environment: Environment, change: Partial<EnvironmentSpec>, now: string): Environment {
  const spec = { ...environment.spec, ...change };
  return withDerivedStatus({
    ...environment,
    metadata: { ...environment.metadata, generation: environment.metadata.generation + 1, updatedAt: now },
    spec,
    status: spec.asleep === environment.spec.asleep ? environment.status : awaitingSight(environment, spec.asleep, now),
  });
}

/**
 * Falling asleep and waking happen within one revision, so what was seen of it before says nothing of what answers
 * after: nothing counts as serving until the runtime has been looked at again.
 */
function awaitingSight({ spec, status }: Environment, asleep: boolean, now: string): EnvironmentStatus {
  if (asleep) return { ...status, serving: null };
  let { conditions } = status;
  for (const type of ['Healthy', 'Reachable'] as const) {
    const seen = findCondition(conditions, type);
    if (seen?.status !== 'True' || seen.observedRevision !== spec.revision) continue;
    const waking = { type, status: 'Unknown', reason: 'WakingUp', message: 'Waking up.' } as const;
    conditions = setCondition(conditions, { ...waking, observedRevision: spec.revision }, now);
  }
  return { ...status, serving: null, conditions };
}

/** The part of a spec that says "put it in place anew". */
export function nextRevision(spec: EnvironmentSpec, now: string): Pick<EnvironmentSpec, 'revision' | 'revisedAt'> {
  return { revision: spec.revision + 1, revisedAt: now };
}

/** The part of a spec that renews the lease: it ends `ttlHours` from now. */
export function renewal(ttlHours: number, now: string): Pick<EnvironmentSpec, 'ttlHours' | 'expiresAt'> {
  return { ttlHours, expiresAt: expiryAfter(now, ttlHours) };
}

/** Asks for its removal. Asking again changes nothing: the first time stands. */
export function markedForDeletion(environment: Environment, now: string): Environment {
  if (environment.metadata.deletionTimestamp !== null) return environment;
  return withDerivedStatus({
    ...environment,
    metadata: {
      ...environment.metadata,
      deletionTimestamp: now,
      generation: environment.metadata.generation + 1,
      updatedAt: now,
    },
  });
}
