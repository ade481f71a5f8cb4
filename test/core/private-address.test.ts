import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrivateAddress, refusedAddress } from '../../src/core/private-address.ts';

describe('isPrivateAddress', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.255', true],
    ['128.0.0.0', false],
    ['9.255.255.255', false],
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['100.63.255.255', false],
    ['100.64.0.0', true],
    ['100.127.255.255', true],
    ['100.128.0.0', false],
    ['169.254.169.254', true],
    ['172.15.255.255', false],
    ['172.16.0.0', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['192.168.255.255', true],
    ['192.169.0.0', false],
    ['223.255.255.255', false],
    ['224.0.0.1', true],
    ['255.255.255.255', true],
    ['0.0.0.0', true],
    ['8.8.8.8', false],
    ['140.82.121.3', false],
    ['::', true],
    ['::1', true],
    ['::7f00:1', true],
    ['::1:0:0', false],
    ['::ffff:127.0.0.1', true],
    ['::ffff:7f00:1', true],
    ['::FFFF:10.0.0.1', true],
    ['0:0:0:0:0:ffff:a9fe:a9fe', true],
    ['::ffff:8.8.8.8', false],
    ['64:ff9b::7f00:1', true],
    ['64:ff9b::127.0.0.1', true],
    ['64:ff9b::a9fe:a9fe', true],
    ['64:ff9b::140.82.121.3', false],
    ['64:ff9b:1::1', true],
    ['2002:7f00:1::1', true],
    ['2002:a9fe:a9fe::', true],
    ['2002:c0a8:101::1', true],
    ['2002:e000:1::', true],
    ['2002:8c52:7903::1', false],
    ['2001::1', true],
    ['2001:0:53aa:64c::1', true],
    ['2001:db8::1', true],
    ['2001:200::1', false],
    ['100::1', true],
    ['3fff::1', true],
    ['5f00::1', true],
    ['fec0::1', true],
    ['64:ff9c::1', false],
    ['fbff::1', false],
    ['fc00::', true],
    ['fd12:3456:789a::1', true],
    ['fe00::1', false],
    ['fe80::1', true],
    ['fe80::1%eth0', true],
    ['febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['ff02::1', true],
    ['2606:4700::1111', false],
    ['2001:4860:4860:0:0:0:0:8888', false],
  ])('%s: %s', (address, expected) => {
    expect(isPrivateAddress(address)).toBe(expected);
  });

  it('says of every address what the lists of Node.js say', () => {
    const lists = new BlockList();
    const ipv4Networks: [string, number][] = [
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
    const ipv6Networks: [string, number][] = [
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
    const hexadecimal = (network: string) =>
      network
        .split('.')
        .map((byte) => Number(byte).toString(16).padStart(2, '0'))
        .join('')
        .replace(/^(....)/, '$1:');
    for (const [network, prefix] of ipv6Networks) lists.addSubnet(network, prefix, 'ipv6');
    for (const [network, prefix] of ipv4Networks) {
      lists.addSubnet(network, prefix, 'ipv4');
      lists.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
      lists.addSubnet(`2002:${hexadecimal(network)}::`, 16 + prefix, 'ipv6');
    }
    // Near the edges of the ranges as well as anywhere.
    const edge = fc.constantFrom(0, 1, 9, 10, 100, 127, 169, 172, 192, 198, 203, 224, 255);
    const byte = fc.oneof(edge, fc.nat({ max: 255 }));
    const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
    fc.assert(
      fc.property(ipv4, (address) => {
        expect([address, isPrivateAddress(address)]).toEqual([address, lists.check(address, 'ipv4')]);
      }),
      { numRuns: 3_000 },
    );
    const within = fc.tuple(byte, byte, byte, byte).map(([a, b, c, d]) => hexadecimal([a, b, c, d].join('.')));
    const ipv6 = fc.oneof(
      fc.ipV6(),
      within.map((embedded) => `2002:${embedded}::1`),
      within.map((embedded) => `64:ff9b::${embedded}`),
      within.map((embedded) => `::ffff:${embedded}`),
      fc.constantFrom('2001', '2002', '100', '3fff', '5f00', 'fec0', 'fc00', '64').map((first) => `${first}::1`),
    );
    fc.assert(
      fc.property(ipv6, (address) => {
        expect([address, isPrivateAddress(address)]).toEqual([address, lists.check(address, 'ipv6')]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('refusedAddress', () => {
  it.each<[host: string, addresses: string[], allowed: string[], refused: string | null]>([
    ['public.example', ['8.8.8.8', '2606:4700::1'], [], null],
    ['mixed.example', ['8.8.8.8', '10.0.0.1'], [], '10.0.0.1'],
    ['inside.example', ['10.0.0.1'], ['inside.example'], null],
    ['inside.example', ['10.0.0.1'], ['10.0.0.1'], null],
    ['inside.example', ['10.0.0.1', '10.0.0.2'], ['10.0.0.1'], '10.0.0.2'],
    ['other.inside.example', ['10.0.0.1'], ['inside.example'], '10.0.0.1'],
    ['nowhere.example', [], [], null],
  ])('%s at %j with %j allowed: %s', (host, addresses, allowed, refused) => {
    expect(refusedAddress(host, addresses, allowed)).toBe(refused);
  });
});
