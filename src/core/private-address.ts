/**
 * Special-purpose addresses of RFC 6890 and its successors: loopback, private, link-local (with cloud metadata), multicast…
 * IPv4-mapped addresses count as the IPv4 address within.
 */
const PRIVATE_RANGES: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
];

/** An address as the number that it is. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

interface Range extends Address {
  readonly prefix: number;
}

const MAPPED_IPV4 = 0xffffn;

const ranges: readonly Range[] = PRIVATE_RANGES.map((text) => {
  const [network = '', prefix] = text.split('/');
  return { ...numberOf(network), prefix: Number(prefix) };
});

/** @param address a valid IPv4 or IPv6 address, without brackets; a zone (`%eth0`) does not count */
export function isPrivateAddress(address: string): boolean {
  const found = numberOf(address);
  const isMapped = found.bits === 128 && found.value >> 32n === MAPPED_IPV4;
  const { bits, value }: Address = isMapped ? { bits: 32, value: found.value & 0xffff_ffffn } : found;
  return ranges.some((range) => {
    const shift = BigInt(range.bits - range.prefix);
    return range.bits === bits && value >> shift === range.value >> shift;
  });
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
