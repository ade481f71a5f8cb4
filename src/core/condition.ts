import type { ConditionReason } from './diagnosis.ts';

/**
 * What is known of one aspect of an environment. All are positive: `True` is good. They are listed in the order in
 * which they come true, and the first that is not true is what the environment is waiting for.
 *
 * - `Admitted`: the name is free: whatever ran under it before has been seen gone.
 * - `SourceResolved`: the wanted commit is known and can be fetched.
 * - `Deployed`: exactly the wanted revision has been put in place (built and started, or synced).
 * - `Healthy`: everything in it is healthy, or asleep as asked.
 * - `Reachable`: the URL answers with the wanted revision.
 * - `Removed`: only once deletion is asked for: everything it owned has been seen gone.
 */
export const CONDITION_TYPES = ['Admitted', 'SourceResolved', 'Deployed', 'Healthy', 'Reachable', 'Removed'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: ConditionReason;
  /** One plain sentence. */
  readonly message: string;
  /** RFC 3339: when `status` or `reason` last changed. */
  readonly lastTransitionTime: string;
  /** The deployment revision that this was observed of; it says nothing about a later one. */
  readonly observedRevision: number;
}

export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'>;

/** `conditions` with `update` put in; the transition time moves only when status, reason or revision changed. */
export function setCondition(
  conditions: readonly Condition[],
  update: ConditionUpdate,
  now: string,
): readonly Condition[] {
  const previous = conditions.find((condition) => condition.type === update.type);
  const same =
    previous?.status === update.status &&
    previous.reason === update.reason &&
    previous.observedRevision === update.observedRevision;
  const next: Condition = { ...update, lastTransitionTime: same ? previous.lastTransitionTime : now };
  const others = conditions.filter((condition) => condition.type !== update.type);
  return [...others, next].sort(
    (left, right) => CONDITION_TYPES.indexOf(left.type) - CONDITION_TYPES.indexOf(right.type),
  );
}

export function findCondition(conditions: readonly Condition[], type: ConditionType): Condition | null {
  return conditions.find((condition) => condition.type === type) ?? null;
}
