import { canonicalJson } from '../../core/json.ts';
import type { Identifiers } from '../../ports/identifiers.ts';
import { AlreadyDone, type CallOptions, type IdempotentCall, type StoredReply } from '../../services/unit-of-work.ts';
import { idempotencyKeyOf, ifMatchOf } from '../conditional-requests.ts';
import { pathOf } from '../request-context.ts';
import { routerPath, type ApiCall, type ApiReply } from './route.ts';

/** Marks a reply that was given before. */
const REPLAYED_HEADER = 'idempotency-replayed';

/**
 * Calls a use case that writes with what the request asks for (`If-Match`, `Idempotency-Key`), and answers with what it
 * returns, or, where the same call was made before, with the very reply that it got then.
 */
export async function answerWrite<T>(
  call: ApiCall<unknown, unknown>,
  identifiers: Identifiers,
  perform: (options: CallOptions<T>) => Promise<T>,
  render: (result: T) => ApiReply,
): Promise<ApiReply> {
  const idempotency = idempotentCall(call, identifiers, render);
  const ifVersion = call.route.conditional ? ifMatchOf(call.request) : undefined;
  try {
    return render(await perform({ idempotency, ifVersion }));
  } catch (error) {
    if (!(error instanceof AlreadyDone)) throw error;
    call.reply.header(REPLAYED_HEADER, 'true');
    return replyOf(error.reply);
  }
}

function idempotentCall<T>(
  { request, route }: ApiCall<unknown, unknown>,
  identifiers: Identifiers,
  render: (result: T) => ApiReply,
): IdempotentCall<T> | undefined {
  if (route.method !== 'POST') return undefined;
  const key = idempotencyKeyOf(request);
  if (key === undefined) return undefined;
  return {
    key,
    route: `POST ${routerPath(route.path)}`,
    requestHash: identifiers.digest(canonicalJson([pathOf(request), request.query, request.body ?? null])),
    render: (result) => storedReply(render(result)),
  };
}

/** The entity tag is kept with the body, so that a client which got the reply twice can go on from either. */
function storedReply({ status, body, etag, location }: ApiReply): StoredReply {
  return {
    status,
    body: JSON.stringify({ body: body?.toString() ?? null, etag: etag ?? null }),
    location: location ?? null,
  };
}

function replyOf(stored: StoredReply): ApiReply {
  const { body, etag } = JSON.parse(stored.body) as { body: string | null; etag: string | null };
  return {
    status: stored.status,
    body,
    ...(etag === null ? {} : { etag }),
    ...(stored.location === null ? {} : { location: stored.location }),
  };
}
