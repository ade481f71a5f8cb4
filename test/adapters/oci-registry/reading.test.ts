import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../src/adapters/oci-registry/challenge.ts';
import { manifestUrl } from '../../../src/adapters/oci-registry/manifest.ts';
import type { RegistryPolicy } from '../../../src/adapters/oci-registry/registry-policy.ts';
import { DIGEST, reference } from '../../support/image-resolvers.ts';

describe('parseChallenges', () => {
  it.each<[header: string, challenges: [string, Record<string, string>][]]>([
    ['', []],
    ['Basic realm="Registry"', [['basic', { realm: 'Registry' }]]],
    ['basic', [['basic', {}]]],
    [
      'Bearer realm="https://auth.example/token",service="a b",scope="repository:x:pull,push"',
      [['bearer', { realm: 'https://auth.example/token', service: 'a b', scope: 'repository:x:pull,push' }]],
    ],
    ['BEARER Realm = "x" , error=insufficient_scope', [['bearer', { realm: 'x', error: 'insufficient_scope' }]]],
    [
      'Basic realm="a", Bearer realm="b"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b' }],
      ],
    ],
    [
      'Negotiate, Basic realm="a \\"b\\" \\\\"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a "b" \\' }],
      ],
    ],
    ['realm="nobody\'s"', []],
    ['Bearer realm="no end', [['bearer', {}]]],
    ['Bearer realm=x;y, service=z', [['bearer', { realm: 'x;y', service: 'z' }]]],
  ])('reads %s', (header, challenges) => {
    const read = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    expect(read).toEqual(challenges);
  });

  it('takes no longer than the header is long', () => {
    const started = performance.now();
    for (const hostile of ['a'.repeat(16_000), 'a='.repeat(8_000), `a="${'\\'.repeat(16_000)}`, ' ,'.repeat(8_000)]) {
      parseChallenges(`Bearer ${hostile}`);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('manifestUrl', () => {
  const policy: RegistryPolicy = { privateHosts: [{ host: 'inside', plainHttp: true }], allowLoopback: true };
  it.each([
    ['nginx:1.29', 'https://registry-1.docker.io/v2/library/nginx/manifests/1.29'],
    ['ghcr.io/acme/web:v1', 'https://ghcr.io/v2/acme/web/manifests/v1'],
    [`ghcr.io/acme/web:v1@${DIGEST}`, `https://ghcr.io/v2/acme/web/manifests/${DIGEST}`],
    ['inside:5000/web:v1', 'http://inside:5000/v2/web/manifests/v1'],
    ['localhost:5000/web:v1', 'http://localhost:5000/v2/web/manifests/v1'],
    ['127.9.9.9:5000/web:v1', 'http://127.9.9.9:5000/v2/web/manifests/v1'],
    ['127.example:5000/web:v1', 'https://127.example:5000/v2/web/manifests/v1'],
  ])('of %s is %s', (text, url) => {
    expect(manifestUrl(reference(text), policy).href).toBe(url);
  });
});
