import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageResolver } from '../../src/ports/image-resolver.ts';
import { failureOf, reference, resolver } from '../support/image-resolvers.ts';
import { startRegistry, type Registry } from '../support/registry.ts';
import {
  basic,
  demandBasic,
  demandToken,
  serveToken,
  startRegistryFront,
  type RegistryFront,
} from '../support/registry-front.ts';

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

const lines = (): string[] => front.requests.map(({ line }) => line);

describe('signing in', () => {
  beforeEach(async () => {
    await registry.push('acme/private:v1', 'private');
  });
  const image = () => reference(`${front.host}/acme/private:v1`);

  it('gives name and password where the registry asks for them, and not before', async () => {
    front.intercept = demandBasic('ci:secret');
    expect(await images.resolve(image(), 'ci:secret')).toMatch(/^sha256:/);
    expect(front.requests.map(({ authorization }) => authorization)).toEqual([undefined, basic('ci:secret')]);
  });

  it('gives a token alone with a name that nobody looks at', async () => {
    front.intercept = demandBasic('x-access-token:ghp_token');
    expect(await images.resolve(image(), 'ghp_token')).toMatch(/^sha256:/);
  });

  it('is refused where the credential is wrong, and where there is none', async () => {
    front.intercept = demandBasic('ci:secret');
    expect(await failureOf(images.resolve(image(), 'ci:canary'))).toMatchObject({
      reason: 'unauthorized',
      message: `${front.host} does not take the credential`,
    });
    expect(await failureOf(images.resolve(image(), null))).toMatchObject({
      reason: 'unauthorized',
      message: `${front.host} asks for a credential, and there is none`,
    });
  });

  it('fetches a token for this repository alone, where the registry says, and uses it again', async () => {
    const auth = await startRegistryFront(null);
    const service = { realm: `${auth.url}/token?account=x`, token: 'first' };
    front.intercept = demandToken(service, 'acme/private');
    auth.intercept = serveToken(service, 'ci:secret', { expires_in: 300 });
    const digest = await images.resolve(image(), 'ci:secret');
    expect(await images.resolve(image(), 'ci:secret')).toBe(digest);
    expect(auth.requests).toEqual([
      {
        line: 'GET /token?account=x&service=registry.test&scope=repository%3Aacme%2Fprivate%3Apull',
        authorization: basic('ci:secret'),
      },
    ]);
    expect(front.requests.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer first',
      'Bearer first',
    ]);
    service.token = 'second';
    expect(await images.resolve(image(), 'ci:secret')).toBe(digest);
    expect(auth.requests).toHaveLength(2);
    await auth.close();
  });

  it('shares no token between credentials, and keeps none longer than it lives', async () => {
    const service = { realm: `${front.url}/token`, token: 'shared' };
    const tokens = serveToken(service, 'ci:secret', { expires_in: 11 });
    const demand = demandToken(service, 'acme/private');
    front.intercept = (request, response) => tokens(request, response) || demand(request, response);
    await images.resolve(image(), 'ci:secret');
    expect(await failureOf(images.resolve(image(), 'ci:other'))).toMatchObject({ reason: 'unauthorized' });
    expect(await failureOf(images.resolve(image(), null))).toMatchObject({ reason: 'unauthorized' });
    const before = front.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await images.resolve(image(), 'ci:secret');
    expect(front.requests.length - before).toBe(3);
  });

  it.each<[what: string, reply: string]>([
    ['access_token', '{"access_token":"right"}'],
    ['token beside access_token', '{"token":"right","access_token":"wrong"}'],
    ['an empty token', '{"token":"","access_token":"right"}'],
  ])('takes a token from %s', async (_what, reply) => {
    const service = { realm: `${front.url}/token`, token: 'right' };
    const demand = demandToken(service, 'acme/private');
    front.intercept = (request, response) => {
      if (!request.url?.startsWith('/token')) return demand(request, response);
      response.end(reply);
      return true;
    };
    expect(await images.resolve(image(), null)).toMatch(/^sha256:/);
  });

  it('is refused where the token lets in to nothing, and such a token is not kept', async () => {
    const service = { realm: `${front.url}/token`, token: 'useless' };
    const tokens = serveToken(service, null);
    front.intercept = (request, response) => {
      if (tokens(request, response)) return true;
      if (request.headers.authorization === undefined) return demandToken(service, 'acme/private')(request, response);
      response.writeHead(403).end();
      return true;
    };
    expect(await failureOf(images.resolve(image(), null))).toMatchObject({
      reason: 'forbidden',
      message: `${front.host} does not let in those without a credential`,
    });
    await failureOf(images.resolve(image(), null));
    expect(lines().filter((line) => line.startsWith('GET /token'))).toHaveLength(2);
  });
});
