import { Failure, invalid } from '../core/errors.ts';

/**
 * The results of several checks of one input. Where some find faults, all of them are told at once, each only once; any
 * other failure comes first.
 */
export async function allOrFaults<T extends readonly unknown[]>(checks: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const outcomes = await Promise.allSettled(checks);
  const faults = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    const reason: unknown = outcome.reason;
    if (!(reason instanceof Failure) || reason.faults.length === 0) return Promise.all(checks);
    faults.push(...reason.faults);
  }
  if (faults.length > 0) throw invalid(faults);
  return Promise.all(checks);
}
