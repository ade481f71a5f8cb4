/**
 * Special-purpose addresses of RFC 6890 and its successors: loopback, private, link-local (with cloud metadata), multicast…
 * With site-local ones, and Teredo (within 2001::/23), which leads wherever who made the address wants.
 */
const PRIVATE_RANGES: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ...['::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '3fff::/20', '5f00::/16', 'fc00::/7'],
  ...['fe80::/10', 'fec0::/10', 'ff00::/8'],
];

/** What leads to an IPv4 address: mapped ones (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056). It is what counts then. */
const LEADING_TO_IPV4: readonly string[] = ['::ffff:0:0/96', '64:ff9b::/96', '2002::/16'];

/** An address as the number that it is. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

interface Range extends Address {
  readonly prefix: number;
}

const privateRanges = PRIVATE_RANGES.map(rangeOf);
const leadingRanges = LEADING_TO_IPV4.map(rangeOf);

/** @param address a valid IPv4 or IPv6 address, without brackets; a zone (`%eth0`) does not count */
export function isPrivateAddress(address: string): boolean {
  const given = numberOf(address);
  const leading = leadingRanges.find((range) => isWithin(given, range));
  const reached = leading ? ipv4Behind(given, leading) : given;
  return privateRanges.some((range) => isWithin(reached, range));
}

function rangeOf(text: string): Range {
  const [network = '', prefix] = text.split('/');
  return { ...numberOf(network), prefix: Number(prefix) };
}

function isWithin({ bits, value }: Address, range: Range): boolean {
  const shift = BigInt(range.bits - range.prefix);
  return range.bits === bits && value >> shift === range.value >> shift;
}

/** The 32 bits behind the prefix. */
function ipv4Behind({ value }: Address, { prefix }: Range): Address {
  return { bits: 32, value: (value >> BigInt(96 - prefix)) & 0xffff_ffffn };
}

/**
 * The first address of a host to which no connection may be made, or null where every one is fine. Private ones are
 * refused unless the host or that address is listed.
 */
export function refusedAddress(
  host: string,
  addresses: readonly string[],
  allowedPrivateHosts: readonly string[],
): string | null {
  if (allowedPrivateHosts.includes(host)) return null;
  const refused = addresses.find((address) => isPrivateAddress(address) && !allowedPrivateHosts.includes(address));
  return refused ?? null;
}

function numberOf(address: string): Address {
  const [text = ''] = address.split('%');
  return text.includes(':') ? { bits: 128, value: ipv6(text) } : { bits: 32, value: ipv4(text) };
}

function ipv4(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function ipv6(text: string): bigint {
  const [head = [], tail = []] = text.split('::').map(groupsOf);
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0n);
  return [...head, ...zeros, ...tail].reduce((value, group) => (value << 16n) | group, 0n);
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function groupsOf(text: string): readonly bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const value = ipv4(group);
    return [value >> 16n, value & 0xffffn];
  });
}
