import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { GitFailure } from '../../core/git-failure.ts';

/** Special-purpose addresses of RFC 6890 and its successors: loopback, private, link-local (with cloud metadata), multicast… */
const PRIVATE_RANGES: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 96, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

const privateAddresses = new BlockList();
for (const [network, prefix, family] of PRIVATE_RANGES) privateAddresses.addSubnet(network, prefix, family);

export function isPrivateAddress(address: string): boolean {
  return privateAddresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * The one address that a connection to `host` goes to, looked up once so that what was checked is what is dialled.
 * Fails with `not_allowed` where any of its addresses is private and neither the host nor that address is listed.
 */
export async function resolveAllowed(host: string, allowedPrivateHosts: readonly string[]): Promise<string> {
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
  const [first] = addresses;
  if (first === undefined) throw new GitFailure('unreachable', `${bare} has no address`);
  return first;
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    throw new GitFailure('unreachable', `could not resolve host: ${host}`);
  }
}
