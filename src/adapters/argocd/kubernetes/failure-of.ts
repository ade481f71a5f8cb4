import type { ApiAnswer } from './api-transport.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import { KubernetesFailure, type FailureCause, type KubernetesFailureKind } from './kubernetes-failure.ts';

/** What the API server answers with when it does not do what it was asked to (meta/v1 `Status`). */
export interface ApiStatus {
  readonly kind: 'Status';
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly FailureCause[];
    readonly retryAfterSeconds?: number;
  };
}

/** What is being done, for the sentence and for what a lost answer means. */
export interface CallPurpose {
  /** `create Application argocd/env-x`, as in "could not …". */
  readonly action: string;
  /** Whether it changes nothing, so that doing it again does no harm. */
  readonly isRead: boolean;
  /** Whether it has a condition that the object may not meet, which the API server calls an invalid patch. */
  readonly isConditional?: boolean;
  /** Whether the object holds secrets, which the API server may quote when it refuses it. */
  readonly isSecret?: boolean;
}

const DETAIL_MAX_LENGTH = 2_000;

export function failureOfAnswer(purpose: CallPurpose, answer: ApiAnswer): KubernetesFailure {
  const status = withoutSecrets(purpose, statusOf(answer.body));
  const kind = kindOf(purpose, answer.status, status);
  const retryAfterMs = retryAfterOf(answer, status);
  const said = status?.message ?? `it answered with ${String(answer.status)} and ${quoted(answer.body)}`;
  return new KubernetesFailure(kind, sentence(purpose, kind, said), {
    status: answer.status,
    ...(status?.reason === undefined ? {} : { reason: status.reason }),
    ...(status?.details?.causes === undefined ? {} : { causes: status.details.causes }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** Keeps which fields are refused and why, and drops what they hold. */
function withoutSecrets({ isSecret }: CallPurpose, status: ApiStatus | null): ApiStatus | null {
  const causes = status?.details?.causes;
  if (isSecret !== true || !causes?.length) return status;
  const known = causes.map(({ reason, field }) => ({ reason: reason ?? 'refused', field: field ?? 'a field' }));
  return {
    ...status,
    kind: 'Status',
    message: known.map(({ reason, field }) => `${field}: ${reason}`).join(', '),
    details: { ...status?.details, causes: known },
  };
}

/** An `ERROR` in a watch says in its object what an answer would say in its body. */
export function failureOfStatus(purpose: CallPurpose, status: ApiStatus): KubernetesFailure {
  return failureOfAnswer(purpose, { status: status.code ?? 500, headers: {}, body: JSON.stringify(status) });
}

export function failureOfConnection(purpose: CallPurpose, server: URL, failure: ConnectionFailure): KubernetesFailure {
  const said = `${server.host}: ${failure.message}`;
  let kind: KubernetesFailureKind = 'unavailable';
  if (failure.isDistrust || failure.isBadCredential) kind = 'misconfigured';
  else if (failure.mayHaveArrived && !purpose.isRead) kind = 'unknown_outcome';
  else if (failure.isTimeout) kind = failure.mayHaveArrived ? 'timeout' : 'unavailable';
  return new KubernetesFailure(kind, sentence(purpose, kind, said), { cause: failure });
}

function kindOf(purpose: CallPurpose, code: number, status: ApiStatus | null): KubernetesFailureKind {
  switch (code) {
    case 400:
    case 413:
      return 'invalid';
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      // Without a name it is the kind that is not there; without a Status it is not the API server that speaks.
      if (status === null) return 'not_served';
      return status.details?.name ? 'not_found' : 'not_served';
    case 409:
      return status?.reason === 'AlreadyExists' ? 'already_exists' : 'conflict';
    case 410:
      return 'expired';
    case 422:
      // The test of a JSON patch that fails is answered without a cause; what is invalid has one.
      return purpose.isConditional === true && !status?.details?.causes?.length ? 'conflict' : 'invalid';
    case 429:
      return 'too_many_requests';
    default:
      if (code < 500) return 'unexpected';
      if (purpose.isRead) return 'unavailable';
      // The API server says ServiceUnavailable before it has begun; anything else may come after the deed.
      return code === 503 && status !== null ? 'unavailable' : 'unknown_outcome';
  }
}

const NEXT_STEPS: Partial<Record<KubernetesFailureKind, string>> = {
  unauthorized: 'Renew the credentials of the kubeconfig or the service account.',
  forbidden: 'If it is a missing right, grant it to the account that Blueberry uses.',
  not_served:
    'Check that the kubeconfig leads to the right cluster, and that what serves this kind is installed there.',
  misconfigured: 'Check the kubeconfig: its server, its certificate authority and its credentials.',
  unknown_outcome: 'Whether it was done is not known.',
};

function sentence({ action }: CallPurpose, kind: KubernetesFailureKind, said: string): string {
  const detail = said.replace(/\s+/g, ' ').trim().slice(0, DETAIL_MAX_LENGTH).replace(/\.$/, '');
  const next = NEXT_STEPS[kind];
  return `Could not ${action}: ${detail}.${next === undefined ? '' : ` ${next}`}`;
}

function statusOf(body: string): ApiStatus | null {
  try {
    const parsed = JSON.parse(body) as Partial<ApiStatus> | null;
    return parsed?.kind === 'Status' ? (parsed as ApiStatus) : null;
  } catch {
    return null;
  }
}

function retryAfterOf({ headers }: ApiAnswer, status: ApiStatus | null): number | null {
  const header = headers['retry-after'];
  const seconds = header === undefined || !/^\d+$/.test(header) ? status?.details?.retryAfterSeconds : Number(header);
  return seconds === undefined ? null : seconds * 1000;
}

const QUOTE_MAX_LENGTH = 200;

function quoted(body: string): string {
  const text = body.trim();
  return text === '' ? 'no text' : JSON.stringify(text.slice(0, QUOTE_MAX_LENGTH));
}
