import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { GitFailure } from '../../core/git-failure.ts';
import { refusedAddress } from '../../core/private-address.ts';

/**
 * The addresses that a connection to `host` may go to, at least one, looked up once so that what was checked is what is dialled.
 * Fails with `not_allowed` where any of its addresses is private and neither the host nor that address is listed.
 */
export async function resolveAllowed(
  host: string,
  allowedPrivateHosts: readonly string[],
): Promise<readonly [string, ...string[]]> {
  const bare = host.replace(/^\[|\]$/g, '');
  const addresses = isIP(bare) === 0 ? await addressesOf(bare) : [bare];
  const refused = refusedAddress(bare, addresses, allowedPrivateHosts);
  if (refused !== null) {
    throw new GitFailure(
      'not_allowed',
      `${bare} leads to the private address ${refused}; list it in ALLOWED_PRIVATE_REPOSITORY_HOSTS if that is meant`,
    );
  }
  const [first, ...others] = addresses;
  if (first === undefined) throw new GitFailure('unreachable', `${bare} has no address`);
  return [first, ...others];
}

/** As CURLOPT_RESOLVE takes them. */
export function curlAddresses(addresses: readonly string[]): string {
  return addresses.map((address) => (isIP(address) === 6 ? `[${address}]` : address)).join(',');
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    throw new GitFailure('unreachable', `could not resolve host: ${host}`);
  }
}
