import type { Clock } from '../ports/clock.ts';
import type { EnvironmentRuntime } from '../ports/environment-runtime.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import type { Quotas } from './quota.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** What the use cases of environments are made of. */
export interface EnvironmentServiceParts {
  readonly store: EnvironmentStore;
  readonly bus: EventBus;
  readonly runtime: EnvironmentRuntime;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly quotas: Quotas;
  /** URL under which an environment of this name is served. */
  readonly urlOf: (name: string) => string;
}
