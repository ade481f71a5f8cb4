import { componentOf, type Environment, type EnvironmentSpec } from '../core/environment.ts';
import { markedForDeletion, nextRevision, renewal, withSpec } from '../core/environment-intent.ts';
import { shortSha } from '../core/branch.ts';
import { Failure, notFound } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { visibilityOf, type Actor } from '../core/permissions.ts';
import type { Precondition, Versioned } from '../ports/environment-store.ts';
import { requireOwnership, requireScope } from './authorize.ts';
import type { EnvironmentUpdate, RedeployRequest } from './contract/environment-inputs.ts';
import { usableConfigSet, type ConfigSetChoice } from './usable-config-set.ts';
import type { EnvironmentServiceParts } from './environment-service-parts.ts';
import { timelineWrite } from './timeline.ts';
import { assertVersion, replaceEnvironment, type CallOptions, type Plan } from './unit-of-work.ts';

type Result = Versioned<Environment>;
type Options = CallOptions<Result>;

/** What is to be different, and the line of history that says so; null where nothing would change. */
type Change = {
  readonly spec: Partial<EnvironmentSpec>;
  readonly reason: string;
  readonly message: string;
  /** What else the decision rests on. */
  readonly preconditions?: readonly Precondition[];
} | null;

/** Extends or shortens the time to live, changes values, config set, or whether the branch is followed. */
export function updateEnvironment(
  parts: EnvironmentServiceParts,
  actor: Actor,
  id: string,
  input: EnvironmentUpdate,
  options: Options,
): Promise<Result> {
  return changeSpec(parts, actor, id, options, async ({ record }, now) => {
    const said: string[] = [];
    let spec: Partial<EnvironmentSpec> = {};
    if (input.ttl_hours !== undefined) {
      spec = { ...spec, ...renewal(input.ttl_hours, now) };
      said.push(`Lives until ${spec.expiresAt ?? ''}`);
    }
    if (input.auto_update !== undefined && input.auto_update !== record.spec.autoUpdate) {
      spec = { ...spec, autoUpdate: input.auto_update };
      said.push(input.auto_update ? 'Follows its branch' : 'Stays at its commit');
    }
    const configSet = await chosenConfigSet(parts, record, input);
    const values = changedValues(record, input, configSet.use);
    if (values) {
      spec = { ...spec, ...values, ...nextRevision(record.spec, now) };
      said.push('Takes new values');
    }
    const { preconditions } = configSet;
    return said.length === 0 ? null : { spec, reason: 'Updated', message: `${said.join('; ')}.`, preconditions };
  });
}

async function chosenConfigSet(
  parts: EnvironmentServiceParts,
  record: Environment,
  input: EnvironmentUpdate,
): Promise<ConfigSetChoice> {
  if (input.config_set_id === undefined) return { use: record.spec.configSet, preconditions: [] };
  return usableConfigSet(parts, input.config_set_id, componentOf(record).repositoryId);
}

function changedValues(
  record: Environment,
  input: EnvironmentUpdate,
  configSet: EnvironmentSpec['configSet'],
): Pick<EnvironmentSpec, 'helmValuesOverride' | 'configSet'> | null {
  const helmValuesOverride =
    input.helm_values_override === undefined ? record.spec.helmValuesOverride : input.helm_values_override;
  const before = canonicalJson([record.spec.helmValuesOverride, record.spec.configSet]);
  return canonicalJson([helmValuesOverride, configSet]) === before ? null : { helmValuesOverride, configSet };
}

/** Puts the newest commit of the branch in place, or a given one; also when that runs already. */
export function redeployEnvironment(
  parts: EnvironmentServiceParts,
  actor: Actor,
  id: string,
  input: RedeployRequest,
  options: Options,
): Promise<Result> {
  const commit = input.commit_sha ?? null;
  return changeSpec(parts, actor, id, options, ({ record }, now) => ({
    spec: {
      components: [{ ...componentOf(record), commit, pinnedImage: null }],
      asleep: false,
      ...nextRevision(record.spec, now),
      ...renewal(record.spec.ttlHours, now),
    },
    reason: 'Redeployed',
    message:
      commit === null
        ? `Redeploys the newest commit of ${componentOf(record).branch}.`
        : `Redeploys commit ${shortSha(commit)}.`,
  }));
}

/** How a branch was seen to move. */
export interface BranchMove {
  /** The head that the record had when the remote was asked. */
  readonly from: string;
  readonly to: string;
}

/**
 * A newer commit of the followed branch has been seen: it is wanted now, and the lease is renewed. Where the record
 * knows of another head by now, the look was older than that, and nothing changes.
 */
export function followBranch(
  parts: EnvironmentServiceParts,
  actor: Actor,
  id: string,
  { from, to }: BranchMove,
): Promise<Result> {
  return changeSpec(parts, actor, id, {}, ({ record }, now) => {
    const component = componentOf(record);
    if (!record.spec.autoUpdate || component.commit === null || component.branchHead !== from) return null;
    return {
      spec: {
        components: [{ ...component, commit: to, branchHead: to, pinnedImage: null }],
        ...nextRevision(record.spec, now),
        ...renewal(record.spec.ttlHours, now),
      },
      reason: 'CommitSeen',
      message: `Commit ${shortSha(to)} was pushed to ${component.branch}.`,
    };
  });
}

/** Asleep or awake is desired state: asking for what is already wanted changes nothing. Refused where it can't sleep. */
export function setAsleep(
  parts: EnvironmentServiceParts,
  actor: Actor,
  id: string,
  asleep: boolean,
  why: string,
  options: Options,
): Promise<Result> {
  return changeSpec(parts, actor, id, options, ({ record }) => {
    if (record.spec.asleep === asleep) return null;
    if (asleep && !record.status.canSleep) {
      throw new Failure(
        'conflict',
        `The chart of ${record.metadata.name} does not say how it sleeps. Name what puts it to sleep as chart.sleep_values in blueberry.yaml, and push.`,
        { code: 'cannot_sleep' },
      );
    }
    return { spec: { asleep }, reason: asleep ? 'PutToSleep' : 'Woken', message: why };
  });
}

/** Asks for its removal and frees its name and its quota in the same commit. Asking again is fine. */
export async function deleteEnvironment(
  parts: EnvironmentServiceParts,
  actor: Actor,
  id: string,
  why: string,
  options: Options,
): Promise<Result> {
  requireScope(actor, 'environments:write');
  return parts.unitOfWork.execute(
    actor,
    async () => {
      const read = await readForChange(parts, actor, id, options);
      return planDeletion(parts, actor, read, why);
    },
    options.idempotency,
  );
}

/** Marks it, and frees its name and its quota with it. Nothing to do where that was done before. */
export function planDeletion(
  { clock, identifiers }: Pick<EnvironmentServiceParts, 'clock' | 'identifiers'>,
  actor: Actor,
  read: Result,
  why: string,
): Plan<Result> {
  if (read.record.metadata.deletionTimestamp !== null) return { writes: [], preconditions: [], result: read };
  const now = clock.timestamp();
  const record = markedForDeletion(read.record, now);
  const plan = replaceEnvironment(read, record);
  return {
    ...plan,
    writes: [
      ...plan.writes,
      { op: 'delete', kind: 'name_reservation', id: record.metadata.name },
      ...record.metadata.quotaSlots.map((slot) => ({ op: 'delete' as const, kind: 'quota_slot' as const, id: slot })),
      timelineWrite(identifiers, actor, record, now, { type: 'intent', reason: 'DeletionRequested', message: why }),
    ],
  };
}

async function changeSpec(
  parts: EnvironmentServiceParts,
  actor: Actor,
  id: string,
  options: Options,
  decide: (read: Result, now: string) => Change | Promise<Change>,
): Promise<Result> {
  requireScope(actor, 'environments:write');
  return parts.unitOfWork.execute(
    actor,
    async (): Promise<Plan<Result>> => {
      const read = await readForChange(parts, actor, id, options);
      if (read.record.metadata.deletionTimestamp !== null) {
        throw new Failure(
          'conflict',
          `${read.record.metadata.name} is ${read.record.status.phase}: it can't be changed any more.`,
          {
            code: 'environment_ending',
          },
        );
      }
      const now = parts.clock.timestamp();
      const change = await decide(read, now);
      if (change === null) return { writes: [], preconditions: [], result: read };
      const record = withSpec(read.record, change.spec, now);
      const plan = replaceEnvironment(read, record);
      const line = timelineWrite(parts.identifiers, actor, record, now, {
        type: 'intent',
        reason: change.reason,
        message: change.message,
      });
      return {
        ...plan,
        writes: [...plan.writes, line],
        preconditions: [...plan.preconditions, ...(change.preconditions ?? [])],
      };
    },
    options.idempotency,
  );
}

async function readForChange(
  parts: EnvironmentServiceParts,
  actor: Actor,
  id: string,
  options: Options,
): Promise<Result> {
  const read = await parts.store.get(visibilityOf(actor), 'environment', id);
  if (!read) throw notFound('environment', id);
  requireOwnership(actor, read.record.metadata.owner.id, 'environment');
  assertVersion(read, options);
  return read;
}
