import { ImageFailure } from '../../core/image-failure.ts';
import type { ImageReference } from '../../core/image-reference.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ImageResolver } from '../../ports/image-resolver.ts';
import { parseChallenges } from './challenge.ts';
import { exchange, type RegistryReply, type RegistryRequest } from './exchange.ts';
import { computedDigest, MANIFEST_TYPES, manifestUrl, statedDigest } from './manifest.ts';
import type { RegistryPolicy } from './registry-policy.ts';
import { replyFailure } from './reply-failure.ts';
import { withRetries } from './retries.ts';
import { signIn, type Authorization } from './sign-in.ts';

export interface OciImageResolverOptions {
  readonly policy: RegistryPolicy;
  readonly clock: Clock;
  readonly limits?: Partial<ResolveLimits>;
}

export interface ResolveLimits {
  /** For one request, from the look-up of the name to the last byte. */
  readonly requestMs: number;
  /** For all requests and pauses of one `resolve`. */
  readonly totalMs: number;
}

const LIMITS: ResolveLimits = { requestMs: 8_000, totalMs: 20_000 };
/** What every registry has to take as a manifest, by the OCI distribution specification. */
const MANIFEST_MAX_BYTES = 4 * 1024 * 1024;
const REDIRECTS_MAX = 3;
const REMEMBERED_SIGN_INS = 1_000;

type Send = (request: RegistryRequest) => Promise<RegistryReply>;

/** Speaks the OCI distribution API. What was signed in to once is signed in to for as long as the registry says. */
export function createOciImageResolver({ policy, clock, limits = {} }: OciImageResolverOptions): ImageResolver {
  const { requestMs, totalMs } = { ...LIMITS, ...limits };
  const signedIn = new Map<string, { readonly header: string; readonly until: number }>();

  function remember(key: string, { header, validMs }: Authorization): void {
    signedIn.delete(key);
    signedIn.set(key, { header, until: clock.now() + validMs });
    const oldest = signedIn.keys().next();
    if (signedIn.size > REMEMBERED_SIGN_INS && !oldest.done) signedIn.delete(oldest.value);
  }

  /** Asks, and signs in where that is what the registry wants. */
  async function ask(
    method: 'HEAD' | 'GET',
    reference: ImageReference,
    credential: string | null,
    send: Send,
  ): Promise<RegistryReply> {
    const { registry, repository } = reference;
    const url = manifestUrl(reference, policy);
    const key = JSON.stringify([registry, repository, credential]);
    const known = signedIn.get(key);
    const first = await follow(method, url, known && known.until > clock.now() ? known.header : null, send);
    // A token may be of a time when there was nothing yet that it could have let in to.
    if (first.reply.status === 401 || first.reply.status === 403) signedIn.delete(key);
    if (first.reply.status !== 401 || first.url.origin !== url.origin) return first.reply;
    const challenges = parseChallenges(first.reply.headers['www-authenticate'] ?? '');
    const authorization = await signIn(challenges, { registry, repository, credential, send });
    const second = await follow(method, url, authorization.header, send);
    if (second.reply.status !== 401 && second.reply.status !== 403) remember(key, authorization);
    return second.reply;
  }

  async function lookUp(reference: ImageReference, credential: string | null, send: Send): Promise<string | null> {
    const head = await ask('HEAD', reference, credential, send);
    if (head.status === 404) return null;
    if (head.status === 200) {
      const stated = statedDigest(head, reference);
      if (stated !== null) return stated;
    } else if (head.status !== 405 && head.status !== 501) {
      throw replyFailure(head, reference.registry, credential !== null);
    }
    const whole = await ask('GET', reference, credential, send);
    if (whole.status === 404) return null;
    if (whole.status !== 200) throw replyFailure(whole, reference.registry, credential !== null);
    return computedDigest(whole, reference);
  }

  return {
    resolve(reference, credential, signal) {
      const until = clock.now() + totalMs;
      const send: Send = (request) => {
        const timeoutMs = Math.max(1, Math.min(requestMs, until - clock.now()));
        return exchange(request, policy, { timeoutMs, signal });
      };
      return withRetries({ clock, until, signal }, () => lookUp(reference, credential, send));
    },
  };
}

/** Goes where redirects lead, if that is allowed; what signs in stays with the registry that it is for. */
async function follow(
  method: 'HEAD' | 'GET',
  start: URL,
  authorization: string | null,
  send: Send,
): Promise<{ reply: RegistryReply; url: URL }> {
  let url = start;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const headers: Record<string, string> = { accept: MANIFEST_TYPES.join(', ') };
    if (authorization !== null && url.origin === start.origin) headers['authorization'] = authorization;
    const reply = await send({ method, url, headers, maxBytes: MANIFEST_MAX_BYTES });
    const { location } = reply.headers;
    if (![301, 302, 303, 307, 308].includes(reply.status) || location === undefined) return { reply, url };
    if (!URL.canParse(location, url.href)) break;
    url = new URL(location, url);
  }
  throw new ImageFailure('invalid_answer', `${start.host} leads from one place to the next`);
}
