import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageResolver } from '../../src/ports/image-resolver.ts';
import { failureOf, reference, resolver } from '../support/image-resolvers.ts';
import { startRegistry, type Registry } from '../support/registry.ts';
import { startRegistryFront, type Intercept, type RegistryFront } from '../support/registry-front.ts';

let registry: Registry;
let front: RegistryFront;
let images: ImageResolver;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());
beforeEach(async () => {
  front = await startRegistryFront(registry.port);
  images = resolver({ allowLoopback: true });
});
afterEach(() => front.close());

const at = (image: string, host = front.host) => reference(`${host}/${image}`);
const lines = (): string[] => front.requests.map(({ line }) => line);

/** Answers the first so many requests, and lets all others through. */
function firstTimes(count: number, answer: Intercept): Intercept {
  let left = count;
  return (request, response) => {
    left -= 1;
    return left >= 0 && answer(request, response);
  };
}

describe('a tag', () => {
  it.each(['oci', 'docker'] as const)('leads to the digest of its image, of the kind %s', async (kind) => {
    const digest = await registry.push(`acme/web:${kind}`, kind, kind);
    expect(await images.resolve(at(`acme/web:${kind}`), null)).toBe(digest);
    expect(lines()).toEqual([`HEAD /v2/acme/web/manifests/${kind}`]);
  });

  it('leads to the index where there are several platforms', async () => {
    await registry.push('acme/multi:amd64', 'amd64');
    await registry.push('acme/multi:arm64', 'arm64');
    const digest = await registry.pushIndex('acme/multi:v1', ['acme/multi:amd64', 'acme/multi:arm64']);
    expect(await images.resolve(at('acme/multi:v1'), null)).toBe(digest);
  });

  it('that is not there leads nowhere until it is pushed, moves, and leads nowhere again once it is gone', async () => {
    const image = at('acme/late:v1');
    expect(await images.resolve(image, null)).toBeNull();
    const first = await registry.push('acme/late:v1', 'first');
    expect(await images.resolve(image, null)).toBe(first);
    const second = await registry.push('acme/late:v1', 'second');
    expect(second).not.toBe(first);
    expect(await images.resolve(image, null)).toBe(second);
    await registry.remove('acme/late:v1');
    expect(await images.resolve(image, null)).toBeNull();
  });

  it('does not count beside a digest', async () => {
    const digest = await registry.push('acme/web:exact', 'exact');
    expect(await images.resolve(at(`acme/web:other@${digest}`), null)).toBe(digest);
    expect(lines()).toEqual([`HEAD /v2/acme/web/manifests/${digest}`]);
    expect(await images.resolve(at(`acme/web@sha256:${'0'.repeat(64)}`), null)).toBeNull();
  });
});

describe('a registry that says no digest', () => {
  beforeEach(() => {
    front.hidden.add('docker-content-digest');
  });

  it.each([200, 405, 501])('is asked for the manifest itself (HEAD answers %i)', async (status) => {
    const digest = await registry.push('acme/web:hashed', 'hashed');
    front.intercept = (request, response) => request.method === 'HEAD' && Boolean(response.writeHead(status).end());
    expect(await images.resolve(at('acme/web:hashed'), null)).toBe(digest);
    expect(await images.resolve(at(`acme/web@${digest}`), null)).toBe(digest);
    expect(lines().slice(0, 2)).toEqual(['HEAD', 'GET'].map((method) => `${method} /v2/acme/web/manifests/hashed`));
  });

  it('and has no such image has none', async () => {
    front.intercept = (request, response) => request.method === 'HEAD' && Boolean(response.writeHead(200).end());
    expect(await images.resolve(at('acme/web:never'), null)).toBeNull();
  });
});

describe('trouble', () => {
  let digest: string;
  beforeEach(async () => {
    digest = await registry.push('acme/web:v1', 'trouble');
  });
  const image = () => at('acme/web:v1');

  it('that passes is waited for: a server error, a broken connection, too many requests for a second', async () => {
    const errors: Intercept[] = [
      (_request, response) => Boolean(response.writeHead(503).end()),
      (_request, response) => Boolean(response.destroy()),
      (_request, response) => Boolean(response.writeHead(429, { 'retry-after': '1' }).end()),
    ];
    front.intercept = (request, response) => errors.shift()?.(request, response) ?? false;
    const started = performance.now();
    expect(await images.resolve(image(), null)).toBe(digest);
    expect(performance.now() - started).toBeGreaterThan(1_000);
    expect(front.requests).toHaveLength(4);
  });

  it('that stays is told after a few tries', async () => {
    front.intercept = (_request, response) => Boolean(response.writeHead(502).end());
    expect(await failureOf(images.resolve(image(), null))).toMatchObject({
      reason: 'unreachable',
      message: `${front.host} answers 502`,
    });
    expect(front.requests).toHaveLength(4);
  });

  it.each<[header: string, least: number, most: number]>([
    ['3600', 3_600_000, 3_600_000],
    [new Date(Date.now() + 3_600_000).toUTCString(), 3_500_000, 3_600_000],
  ])('of too many requests says when to come back (%s)', async (header, least, most) => {
    front.intercept = (_request, response) => Boolean(response.writeHead(429, { 'retry-after': header }).end());
    const failure = await failureOf(images.resolve(image(), null));
    expect(failure.reason).toBe('rate_limited');
    expect(failure.retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(most);
    expect(front.requests).toHaveLength(1);
  });

  it('of too many requests without a time is not made worse', async () => {
    front.intercept = (_request, response) => Boolean(response.writeHead(429, { 'retry-after': 'soon' }).end());
    expect(await failureOf(images.resolve(image(), null))).toMatchObject({
      reason: 'rate_limited',
      retryAfterMs: null,
    });
    expect(front.requests).toHaveLength(1);
  });

  it('of a registry that is not there is told', async () => {
    const gone = await startRegistryFront(null);
    await gone.close();
    expect(await failureOf(images.resolve(at('acme/web:v1', gone.host), null))).toMatchObject({
      reason: 'unreachable',
      message: `${gone.host} can't be reached (ECONNREFUSED)`,
    });
  });

  it.each<[what: string, hang: Intercept]>([
    ['without a word', () => true],
    [
      'in the middle of a manifest',
      (_request, response) => {
        response.writeHead(200).flushHeaders();
        return true;
      },
    ],
  ])('of a registry that hangs ends in time: %s', async (_what, hang) => {
    const hasty = resolver({ allowLoopback: true }, { requestMs: 200, totalMs: 600 });
    front.intercept = (request, response) =>
      request.method === 'HEAD' ? Boolean(response.writeHead(405).end()) : hang(request, response);
    const started = performance.now();
    expect(await failureOf(hasty.resolve(image(), null))).toMatchObject({ reason: 'timed_out' });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('is left alone once nobody wants to know any more, also between two tries', async () => {
    front.intercept = () => true;
    expect(await failureOf(images.resolve(image(), null, AbortSignal.timeout(100)))).toMatchObject({
      reason: 'called_off',
    });
    front.intercept = (_request, response) => Boolean(response.writeHead(503, { 'retry-after': '10' }).end());
    const started = performance.now();
    expect(await failureOf(images.resolve(image(), null, AbortSignal.timeout(100)))).toMatchObject({
      reason: 'called_off',
    });
    expect(performance.now() - started).toBeLessThan(2_000);
    const asked = front.requests.length;
    await failureOf(images.resolve(image(), null, AbortSignal.abort()));
    expect(front.requests).toHaveLength(asked);
  });

  it('of a first answer only is nothing to speak of', async () => {
    front.intercept = firstTimes(1, (_request, response) => Boolean(response.writeHead(500).end()));
    expect(await images.resolve(image(), null)).toBe(digest);
  });
});
