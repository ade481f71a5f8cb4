import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { GitFailure } from '../../core/git-failure.ts';

/** Special-purpose addresses of RFC 6890 and its successors: loopback, private, link-local (with cloud metadata), multicast… */
const PRIVATE_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
/** With site-local addresses, and Teredo (within 2001::/23), which leads wherever who made the address wants. */
const PRIVATE_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const privateAddresses = new BlockList();
for (const [network, prefix] of PRIVATE_IPV6) privateAddresses.addSubnet(network, prefix, 'ipv6');
for (const [network, prefix] of PRIVATE_IPV4) {
  privateAddresses.addSubnet(network, prefix, 'ipv4');
  // What leads to it from the newer kind: NAT64 (RFC 6052) and 6to4 (RFC 3056).
  privateAddresses.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
  privateAddresses.addSubnet(`2002:${hexadecimal(network)}::`, 16 + prefix, 'ipv6');
}

/** `10.1.2.3` as `a01:203`. */
function hexadecimal(address: string): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = address.split('.').map(Number);
  return `${(first * 256 + second).toString(16)}:${(third * 256 + fourth).toString(16)}`;
}

export function isPrivateAddress(address: string): boolean {
  return privateAddresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

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
  const refused = addresses.find(
    (address) =>
      isPrivateAddress(address) && !allowedPrivateHosts.includes(bare) && !allowedPrivateHosts.includes(address),
  );
  if (refused !== undefined) {
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
