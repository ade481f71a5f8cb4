import type { Environment, EnvironmentSource } from '../core/environment.ts';
import { notFound } from '../core/errors.ts';
import { EVERYTHING, visibilityOf, type Actor } from '../core/permissions.ts';
import type { EffectiveValues, Receipt, TimelineEvent } from '../core/records.ts';
import { mergeLayer } from '../core/values.ts';
import type { LogLine, LogQuery, ResourceStatus } from '../ports/environment-runtime.ts';
import type { EnvironmentFilter, Page, PageRequest, Versioned } from '../ports/environment-store.ts';
import { requireScope } from './authorize.ts';
import {
  deleteEnvironment,
  followBranch,
  type BranchMove,
  redeployEnvironment,
  setAsleep,
  updateEnvironment,
} from './change-environment.ts';
import type { EnvironmentCreate, EnvironmentUpdate, RedeployRequest } from './contract/environment-inputs.ts';
import { createEnvironment } from './create-environment.ts';
import type { EnvironmentServiceParts } from './environment-service-parts.ts';
import { followLogs } from './follow-logs.ts';
import { streamPosition } from './stream-position.ts';
import type { CallOptions } from './unit-of-work.ts';

export interface EnvironmentPage extends Page<Environment> {
  readonly total: number;
  /** Where to follow the events from, so that nothing falls between the list and the stream; unknown while the bus is down. */
  readonly position: string;
}

type Result = Promise<Versioned<Environment>>;
type Options = CallOptions<Versioned<Environment>>;

/** The use cases of environments, each with the actor first. Every write is durable when its promise resolves. */
export interface EnvironmentService {
  createEnvironment(actor: Actor, input: EnvironmentCreate, source: EnvironmentSource, options?: Options): Result;
  getEnvironment(actor: Actor, id: string): Result;
  listEnvironments(actor: Actor, filter: EnvironmentFilter, page: PageRequest): Promise<EnvironmentPage>;
  updateEnvironment(actor: Actor, id: string, input: EnvironmentUpdate, options?: Options): Result;
  deleteEnvironment(actor: Actor, id: string, why?: string, options?: Options): Result;
  redeployEnvironment(actor: Actor, id: string, input: RedeployRequest, options?: Options): Result;
  followBranch(actor: Actor, id: string, move: BranchMove): Result;
  sleepEnvironment(actor: Actor, id: string, why?: string, options?: Options): Result;
  wakeEnvironment(actor: Actor, id: string, why?: string, options?: Options): Result;
  listEvents(actor: Actor, id: string, page: PageRequest): Promise<Page<TimelineEvent>>;
  /** As the runtime was given them: merged over all layers, Blueberry's constants too. */
  getValues(actor: Actor, id: string): Promise<EffectiveValues>;
  getReceipt(actor: Actor, id: string): Promise<Receipt>;
  listResources(actor: Actor, id: string): Promise<readonly ResourceStatus[]>;
  /** Checks that the actor may see it before the first line is read. With `follow` it ends with the environment. */
  openLogs(actor: Actor, id: string, query: LogQuery): Promise<AsyncIterable<LogLine>>;
}

export function createEnvironmentService(parts: EnvironmentServiceParts): EnvironmentService {
  const { store, runtime } = parts;

  async function read(actor: Actor, id: string): Result {
    requireScope(actor, 'environments:read');
    const found = await store.get(visibilityOf(actor), 'environment', id);
    if (!found) throw notFound('environment', id);
    return found;
  }

  return {
    createEnvironment: (actor, input, source, options = {}) => createEnvironment(parts, actor, input, source, options),
    getEnvironment: read,
    async listEnvironments(actor, filter, page) {
      requireScope(actor, 'environments:read');
      // The position comes first: what changes while the list is read is then told again, never missed.
      const position = await streamPosition(parts);
      const visibility = visibilityOf(actor);
      const [found, total] = await Promise.all([
        store.listEnvironments(visibility, filter, page),
        store.countEnvironments(visibility, filter),
      ]);
      return { ...found, total, position };
    },
    updateEnvironment: (actor, id, input, options = {}) => updateEnvironment(parts, actor, id, input, options),
    deleteEnvironment: (actor, id, why = 'Deletion was asked for.', options = {}) =>
      deleteEnvironment(parts, actor, id, why, options),
    redeployEnvironment: (actor, id, input, options = {}) => redeployEnvironment(parts, actor, id, input, options),
    followBranch: (actor, id, move) => followBranch(parts, actor, id, move),
    sleepEnvironment: (actor, id, why = 'Put to sleep.', options = {}) =>
      setAsleep(parts, actor, id, true, why, options),
    wakeEnvironment: (actor, id, why = 'Woken.', options = {}) => setAsleep(parts, actor, id, false, why, options),
    async listEvents(actor, id, page) {
      await read(actor, id);
      return store.list(EVERYTHING, 'timeline_event', { ...page, where: { environmentId: id }, order: 'descending' });
    },
    async getValues(actor, id) {
      const environment = await read(actor, id);
      const { spec, status } = environment.record;
      for (const revision of [spec.revision, status.serving?.revision]) {
        const values = revision && (await store.get(EVERYTHING, 'effective_values', `${id}:${String(revision)}`));
        if (values) return withConstants(values.record);
      }
      throw notFound('set of effective values yet for environment', id);
    },
    async getReceipt(actor, id) {
      await read(actor, id);
      const receipt = await store.get(EVERYTHING, 'receipt', id);
      if (!receipt) throw notFound('receipt yet for environment', id);
      return receipt.record;
    },
    async listResources(actor, id) {
      const environment = await read(actor, id);
      if (environment.record.status.archivedAt !== null) return [];
      return (await runtime.observe({ id, name: environment.record.metadata.name }, 'closely')).resources;
    },
    async openLogs(actor, id, query) {
      const environment = await read(actor, id);
      return followLogs(parts, { id, name: environment.record.metadata.name }, query);
    },
  };
}

function withConstants(values: EffectiveValues): EffectiveValues {
  return { ...values, ...mergeLayer(values, { layer: 'blueberry', values: values.constants }) };
}
