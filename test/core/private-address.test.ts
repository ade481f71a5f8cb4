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
    const subnets: [string, number, 'ipv4' | 'ipv6'][] = [
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
    for (const [network, prefix, family] of subnets) lists.addSubnet(network, prefix, family);
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
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
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
