import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Failure, type FailureKind } from '../../../core/errors.ts';
import { problemOf } from '../../problem.ts';
import { faultsOfFailure, faultsOfIssues } from './form-faults.ts';
import { hasFaults, mergeFaults, NO_FAULTS, type FormFaults } from './form-state.ts';

export type Submission<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly faults: FormFaults };

/** What the one who typed the form can do something about; anything else is shown as a page of its own. */
const SHOWN_IN_FORM: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'invalid',
  'conflict',
  'stale',
  'bad_upstream',
  'unavailable',
  'deadline',
  'too_many',
  'unauthenticated',
]);

/**
 * Checks a form against the contract and hands it to the use case. All faults come back at once, together with those
 * that were found before (`known`), so that the form can show each in its place.
 */
export async function submit<S extends z.ZodType, T>(
  request: FastifyRequest,
  schema: S,
  input: unknown,
  work: (valid: z.output<S>) => Promise<T>,
  known: FormFaults = NO_FAULTS,
): Promise<Submission<T>> {
  const parsed = schema.safeParse(input);
  const faults = parsed.success ? known : mergeFaults(known, faultsOfIssues(parsed.error.issues, input));
  if (!parsed.success || hasFaults(faults)) return { ok: false, status: 422, faults };
  return attempt(request, () => work(parsed.data));
}

/** Runs a use case; a refusal comes back as faults of the form. */
export async function attempt<T>(request: FastifyRequest, work: () => Promise<T>): Promise<Submission<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof Failure) || !SHOWN_IN_FORM.has(error.kind)) throw error;
    return { ok: false, status: problemOf(error, request).problem.status, faults: faultsOfFailure(error) };
  }
}
