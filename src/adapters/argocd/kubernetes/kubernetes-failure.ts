/**
 * What may become of a call to the Kubernetes API, told apart by what the caller does next.
 *
 * - `not_found`: the API server says that there is no such object. Only that: neither a proxy's 404 nor a kind that
 *   is not served looks like it.
 * - `already_exists`: a create met an object of that name.
 * - `conflict`: the object is not, or no longer, as the call demands. Look again.
 * - `forbidden`, `unauthorized`: the API server knows us and says no; does not know us (or no longer).
 * - `invalid`: the API server will never take it as it is.
 * - `expired`: what a list or a watch wants to go on from is not kept any more. List anew.
 * - `too_many_requests`: turned away for now, nothing was done.
 * - `not_served`: this API server does not have the kind at all.
 * - `misconfigured`: the kubeconfig can't be used, or leads to a server that it gives no reason to trust.
 * - `unavailable`: nothing was done, since the API server could not be reached or could not do it now.
 * - `timeout`: a question that was not answered in time.
 * - `unknown_outcome`: a write that may or may not have been done. Look again before anything else.
 * - `unexpected`: an answer that makes no sense from an API server.
 */
export type KubernetesFailureKind =
  | 'not_found'
  | 'already_exists'
  | 'conflict'
  | 'forbidden'
  | 'unauthorized'
  | 'invalid'
  | 'expired'
  | 'too_many_requests'
  | 'not_served'
  | 'misconfigured'
  | 'unavailable'
  | 'timeout'
  | 'unknown_outcome'
  | 'unexpected';

/** One cause among those that the API server gives: `NamespaceTerminating`, a field that it refuses… */
export interface FailureCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface KubernetesFailureOptions {
  /** Status of the answer. */
  readonly status?: number;
  /** The API server's own name of it: `Conflict`, `Expired`… */
  readonly reason?: string;
  readonly causes?: readonly FailureCause[];
  /** How long the API server asks to be left alone. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class KubernetesFailure extends Error {
  readonly kind: KubernetesFailureKind;
  readonly status: number | null;
  readonly reason: string | null;
  readonly causes: readonly FailureCause[];
  readonly retryAfterMs: number | null;

  /** @param message what failed, why, and what to do next, with the API server's own words */
  constructor(kind: KubernetesFailureKind, message: string, options: KubernetesFailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KubernetesFailure';
    this.kind = kind;
    this.status = options.status ?? null;
    this.reason = options.reason ?? null;
    this.causes = options.causes ?? [];
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

export function isKubernetesFailure(error: unknown, ...kinds: readonly KubernetesFailureKind[]): boolean {
  return error instanceof KubernetesFailure && (kinds.length === 0 || kinds.includes(error.kind));
}

/** What the call gives; null where the API server says that there is no such object. */
export async function orAbsent<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (isKubernetesFailure(error, 'not_found')) return null;
    throw error;
  }
}
