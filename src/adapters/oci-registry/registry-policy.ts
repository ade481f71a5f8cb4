import { lookup } from 'node:dns/promises';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { ImageFailure } from '../../core/image-failure.ts';
import { refusedAddress } from '../../core/private-address.ts';

/** A host that may have a private address. */
export interface PrivateRegistryHost {
  /** Name or address in lower case, without port and brackets. */
  readonly host: string;
  /** Whether it is spoken to by plain http, credentials included. */
  readonly plainHttp: boolean;
}

/** Whom the resolver may speak to, and how. Everybody else must have public addresses only, and speak TLS. */
export interface RegistryPolicy {
  readonly privateHosts: readonly PrivateRegistryHost[];
  /** Whether registries on this machine need not be listed and are spoken to by plain http: for development. */
  readonly allowLoopback: boolean;
}

export interface Endpoint {
  readonly address: string;
  readonly family: 4 | 6;
}

/** A host as it stands in a URL, without the brackets of an IPv6 address. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export function schemeOf(hostAndPort: string, policy: RegistryPolicy): 'http' | 'https' {
  return speaksPlainHttp(bareHost(new URL(`https://${hostAndPort}`)), policy) ? 'http' : 'https';
}

/**
 * The addresses that a connection to a URL may go to, looked up once so that what was checked is what is dialled. Fails
 * with `not_allowed` where any of them is private and not listed, or where it is not said that plain http will do.
 */
export async function allowedEndpoints(url: URL, policy: RegistryPolicy): Promise<readonly Endpoint[]> {
  const host = bareHost(url);
  const isPlain = url.protocol === 'http:';
  if (!isPlain && url.protocol !== 'https:') throw refused(`${host} is not to be reached by http`);
  if (url.username !== '' || url.password !== '') throw refused(`${host} is given with a password in its address`);
  if (isPlain && !speaksPlainHttp(host, policy)) {
    throw refused(
      `${host} wants plain http; name it as http://${host} in ALLOWED_PRIVATE_REGISTRY_HOSTS if that is meant`,
    );
  }
  const addresses = isIP(host) === 0 ? await addressesOf(host) : [host];
  const listed = policy.privateHosts.map((known) => known.host);
  const allowed = policy.allowLoopback && isLoopback(host) ? [...listed, host] : listed;
  const wrong = refusedAddress(host, addresses, allowed);
  if (wrong !== null) {
    throw refused(
      `${host} leads to the private address ${wrong}; name it in ALLOWED_PRIVATE_REGISTRY_HOSTS if that is meant`,
    );
  }
  return addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
}

function speaksPlainHttp(host: string, { privateHosts, allowLoopback }: RegistryPolicy): boolean {
  const listed = privateHosts.find((known) => known.host === host);
  return listed?.plainHttp ?? (allowLoopback && isLoopback(host));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    throw new ImageFailure('unreachable', `${host} has no address in DNS`);
  }
}

function refused(detail: string): ImageFailure {
  return new ImageFailure('not_allowed', detail);
}
