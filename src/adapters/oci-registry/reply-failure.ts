import { ImageFailure } from '../../core/image-failure.ts';
import type { RegistryReply } from './exchange.ts';

/** What a reply other than a good one means. */
export function replyFailure({ status, headers }: RegistryReply, host: string, hasCredential: boolean): ImageFailure {
  const retryAfterMs = retryAfterOf(headers['retry-after']);
  if (status === 401) {
    const what = hasCredential ? 'does not take the credential' : 'asks for a credential, and there is none';
    return new ImageFailure('unauthorized', `${host} ${what}`);
  }
  if (status === 403) {
    const who = hasCredential ? 'whom the credential belongs to' : 'those without a credential';
    return new ImageFailure('forbidden', `${host} does not let in ${who}`);
  }
  if (status === 429) {
    const pause = retryAfterMs === null ? '' : ` for ${String(Math.ceil(retryAfterMs / 1000))} seconds`;
    return new ImageFailure('rate_limited', `${host} takes no more requests${pause}`, retryAfterMs);
  }
  if (status >= 500) return new ImageFailure('unreachable', `${host} answers ${String(status)}`, retryAfterMs);
  return new ImageFailure('invalid_answer', `${host} answers ${String(status)}, as no registry should`);
}

/** Seconds or a date (RFC 9110), in milliseconds from now; null where it is neither. */
function retryAfterOf(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
