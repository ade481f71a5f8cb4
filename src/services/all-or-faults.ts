import { Failure, invalid } from '../core/errors.ts';

/**
 * The results of several checks of one input. Where some find faults, all of them are told at once, each only once; any
 * other failure comes first.
 */
export async function allOrFaults<T extends readonly unknown[]>(checks: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const outcomes = await Promise.allSettled(checks);
  const failures: unknown[] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const faults = failures.flatMap((failure) => (failure instanceof Failure ? failure.faults : []));
  const other = failures.find((failure) => !(failure instanceof Failure) || failure.faults.length === 0);
  if (other !== undefined) throw other;
  if (faults.length > 0) throw invalid(faults);
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
