import { ImageFailure } from '../../core/image-failure.ts';
import type { Challenge } from './challenge.ts';
import type { RegistryReply, RegistryRequest } from './exchange.ts';
import { replyFailure } from './reply-failure.ts';

/** The value of an `Authorization` header, and for how long it will do. */
export interface Authorization {
  readonly header: string;
  readonly validMs: number;
}

export interface SignIn {
  readonly registry: string;
  readonly repository: string;
  readonly credential: string | null;
  readonly send: (request: RegistryRequest) => Promise<RegistryReply>;
}

const TOKEN_MAX_BYTES = 256 * 1024;
/** What the distribution project says of a token without `expires_in`. */
const TOKEN_VALID_SECONDS = 60;
const VALID_MAX_SECONDS = 300;
/** So that none runs out on its way. */
const EARLY_MS = 10_000;
/** Who a token without a user name belongs to: registries that take one alone do not look at the name. */
const TOKEN_USER = 'x-access-token';
const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** Answers the challenge of a registry. Only what may pull from this one repository is asked for. */
export async function signIn(challenges: readonly Challenge[], wanted: SignIn): Promise<Authorization> {
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) return fetchToken(bearer, wanted);
  const { registry, credential } = wanted;
  if (!challenges.some(({ scheme }) => scheme === 'basic')) {
    throw new ImageFailure('invalid_answer', `${registry} does not say how to sign in`);
  }
  if (credential === null)
    throw new ImageFailure('unauthorized', `${registry} asks for a credential, and there is none`);
  return { header: basic(credential), validMs: VALID_MAX_SECONDS * 1000 };
}

/** Some registries have their tokens made elsewhere; that host is checked like every other before it is asked. */
async function fetchToken({ parameters }: Challenge, wanted: SignIn): Promise<Authorization> {
  const { registry, repository, credential, send } = wanted;
  const realm = parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) throw new ImageFailure('invalid_answer', `${registry} does not say where to sign in`);
  const url = new URL(realm);
  const service = parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', `repository:${repository}:pull`);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (credential !== null) headers['authorization'] = basic(credential);
  const reply = await send({ method: 'GET', url, headers, maxBytes: TOKEN_MAX_BYTES });
  if (reply.status !== 200) throw replyFailure(reply, url.host, credential !== null);
  const { token, validSeconds } = readToken(reply.body);
  if (token === null) throw new ImageFailure('invalid_answer', `${url.host} answers without a token`);
  const validMs = Math.min(validSeconds, VALID_MAX_SECONDS) * 1000 - EARLY_MS;
  return { header: `Bearer ${token}`, validMs };
}

function readToken(body: Buffer): { token: string | null; validSeconds: number } {
  const { token, access_token, expires_in } = parseObject(body.toString('utf8'));
  const found = typeof token === 'string' && token !== '' ? token : access_token;
  return {
    token: typeof found === 'string' && HEADER_SAFE.test(found) ? found : null,
    validSeconds: typeof expires_in === 'number' ? expires_in : TOKEN_VALID_SECONDS,
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function basic(credential: string): string {
  const pair = credential.includes(':') ? credential : `${TOKEN_USER}:${credential}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
