import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { demandBasic, startRegistryFront, type Intercept, type RegistryFront } from '../../support/registry-front.ts';
import { DIGEST, MANIFEST, MANIFEST_TYPE, reference, resolver, serveManifest } from '../../support/image-resolvers.ts';

/** `localhost` is listed, and 127.0.0.1 is the private host that is not. */

const listed = (plainHttp = true) => resolver({ privateHosts: [{ host: 'localhost', plainHttp }] });
const urlOf = ({ port }: RegistryFront): string => `http://localhost:${port}`;

let registry: RegistryFront;
let other: RegistryFront;
beforeEach(async () => {
  registry = await startRegistryFront(null);
  other = await startRegistryFront(null);
  other.intercept = serveManifest;
});
afterEach(() => Promise.all([registry.close(), other.close()]));

const image = () => reference(`localhost:${registry.port}/acme/web:v1`);

describe('private addresses', () => {
  it.each(['127.0.0.1:5000', 'localhost:5000', '10.0.0.1', '169.254.169.254', '192.168.1.1:443', '0.0.0.0:80'])(
    '%s is not asked unless it is listed',
    async (host) => {
      await expect(resolver().resolve(reference(`${host}/acme/web:v1`), 'ci:canary')).rejects.toMatchObject({
        name: 'ImageFailure',
        reason: 'not_allowed',
        message: expect.stringMatching(/leads to the private address .*ALLOWED_PRIVATE_REGISTRY_HOSTS/) as string,
      });
    },
  );

  it('are asked where they are listed, by plain http only where that is said too', async () => {
    registry.intercept = serveManifest;
    expect(await listed().resolve(image(), null)).toBe(DIGEST);
    const requests = registry.requests.length;
    await expect(listed(false).resolve(image(), 'ci:canary')).rejects.toMatchObject({
      reason: 'unreachable',
      message: `localhost:${registry.port} does not speak TLS; name it as http://localhost in ALLOWED_PRIVATE_REGISTRY_HOSTS if that is meant`,
    });
    expect(registry.requests).toHaveLength(requests);
  });

  it('of this machine alone are asked while developing', async () => {
    registry.intercept = serveManifest;
    const developing = resolver({ allowLoopback: true });
    expect(await developing.resolve(image(), null)).toBe(DIGEST);
    expect(await developing.resolve(reference(`${registry.host}/acme/web:v1`), null)).toBe(DIGEST);
    await expect(developing.resolve(reference('10.0.0.1/acme/web:v1'), null)).rejects.toMatchObject({
      reason: 'not_allowed',
    });
  });

  it('are looked up once: what was checked is what is dialled', async () => {
    registry.intercept = serveManifest;
    const again = vi.spyOn(dns, 'lookup');
    expect(await listed().resolve(image(), null)).toBe(DIGEST);
    expect(again).not.toHaveBeenCalled();
  });

  it('that a name does not have at all are told', async () => {
    await expect(resolver().resolve(reference('registry.invalid/web:v1'), null)).rejects.toMatchObject({
      reason: 'unreachable',
      message: 'registry.invalid has no address in DNS',
    });
  });
});

describe('where tokens are made', () => {
  const challenge =
    (header: string): Intercept =>
    (_request, response) =>
      Boolean(response.writeHead(401, { 'www-authenticate': header }).end());

  it.each<[what: string, realm: (other: RegistryFront) => string, reason: string]>([
    ['a private host that is not listed', ({ url }) => `${url}/token`, 'not_allowed'],
    ['a private host, by TLS', ({ host }) => `https://${host}/token`, 'not_allowed'],
    ['the metadata of a cloud', () => 'http://169.254.169.254/latest/meta-data', 'not_allowed'],
    ['a file', () => 'file:///etc/passwd', 'not_allowed'],
    ['a place with a password in it', ({ port }) => `http://a:b@localhost:${port}/token`, 'not_allowed'],
    ['a public host without TLS', () => 'http://auth.example/token', 'not_allowed'],
    ['no place', () => '/token', 'invalid_answer'],
  ])('can not be %s', async (_what, realm, reason) => {
    registry.intercept = challenge(`Bearer realm="${realm(other)}",service="x"`);
    await expect(listed().resolve(image(), 'ci:canary')).rejects.toMatchObject({ name: 'ImageFailure', reason });
    expect(other.requests).toEqual([]);
  });

  it.each<[what: string, answer: Intercept, reason: string, message: RegExp]>([
    [
      'elsewhere',
      (_q, r) => Boolean(r.writeHead(302, { location: '/v2/token' }).end()),
      'invalid_answer',
      /answers 302/,
    ],
    ['not as JSON', (_q, r) => Boolean(r.end('<html>')), 'invalid_answer', /without a token/],
    [
      'with a header in the token',
      (_q, r) => Boolean(r.end('{"token":"a\\r\\nb: c"}')),
      'invalid_answer',
      /without a token/,
    ],
    ['with an object as the token', (_q, r) => Boolean(r.end('{"token":{}}')), 'invalid_answer', /without a token/],
    ['with far too much', (_q, r) => Boolean(r.end('x'.repeat(300_000))), 'invalid_answer', /more than can be taken/],
    ['no', (_q, r) => Boolean(r.writeHead(401).end()), 'unauthorized', /does not take the credential/],
    [
      'never',
      (_q, r) => Boolean(r.writeHead(403).end()),
      'forbidden',
      /does not let in whom the credential belongs to/,
    ],
  ])('it is answered %s', async (_what, answer, reason, message) => {
    registry.intercept = challenge(`Bearer realm="${urlOf(other)}/token"`);
    other.intercept = answer;
    await expect(listed().resolve(image(), 'ci:canary')).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(message) as string,
    });
    expect(other.requests).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['what nobody knows', 'Negotiate'],
    ['a realm without an end', 'Bearer realm="http'],
  ])('has to be said: %s', async (_what, header) => {
    registry.intercept = challenge(header);
    await expect(listed().resolve(image(), 'ci:canary')).rejects.toMatchObject({ reason: 'invalid_answer' });
  });
});

describe('redirects', () => {
  const leadTo =
    (location: string, status = 307): Intercept =>
    (_request, response) =>
      Boolean(response.writeHead(status, { location }).end());

  it.each([301, 302, 303, 307, 308])(
    'are followed to where it is allowed (%i), without what signs in',
    async (status) => {
      const demand = demandBasic('ci:secret');
      registry.intercept = (request, response) =>
        demand(request, response) || leadTo(`${urlOf(other)}/v2/elsewhere`, status)(request, response);
      expect(await listed().resolve(image(), 'ci:secret')).toBe(DIGEST);
      expect(other.requests).toEqual([{ line: 'HEAD /v2/elsewhere', authorization: undefined }]);
    },
  );

  it('within the registry take along what signs in', async () => {
    const demand = demandBasic('ci:secret');
    registry.intercept = (request, response) => {
      if (demand(request, response)) return true;
      return request.url === '/v2/moved' ? serveManifest(request, response) : leadTo('/v2/moved')(request, response);
    };
    expect(await listed().resolve(image(), 'ci:secret')).toBe(DIGEST);
  });

  it('to another that asks for a credential get none', async () => {
    registry.intercept = leadTo(`${urlOf(other)}/v2/elsewhere`);
    other.intercept = demandBasic('ci:canary');
    await expect(listed().resolve(image(), 'ci:canary')).rejects.toMatchObject({ reason: 'unauthorized' });
    expect(other.requests).toEqual([{ line: 'HEAD /v2/elsewhere', authorization: undefined }]);
  });

  it.each<[what: string, location: (other: RegistryFront) => string, reason: string]>([
    ['a private host that is not listed', ({ url }) => `${url}/v2/x`, 'not_allowed'],
    ['the metadata of a cloud', () => 'http://169.254.169.254/latest', 'not_allowed'],
    ['a file', () => 'file:///etc/passwd', 'not_allowed'],
    ['nowhere', () => 'http://[', 'invalid_answer'],
    ['itself', () => '/v2/acme/web/manifests/v1', 'invalid_answer'],
  ])('to %s are not followed', async (_what, location, reason) => {
    registry.intercept = leadTo(location(other));
    await expect(listed().resolve(image(), null)).rejects.toMatchObject({ name: 'ImageFailure', reason });
    expect(other.requests).toEqual([]);
    expect(registry.requests.length).toBeLessThanOrEqual(4);
  });
});

describe('answers that can not be relied on', () => {
  const answer =
    (headers: Record<string, string>, body: string | null = null): Intercept =>
    (request, response) => {
      response.writeHead(200, headers).end(request.method === 'HEAD' || body === null ? undefined : body);
      return true;
    };

  it.each<[what: string, intercept: Intercept, message: RegExp]>([
    ['a digest that is none', answer({ 'docker-content-digest': 'latest' }), /a digest that is none/],
    ['a digest of another kind', answer({ 'docker-content-digest': `md5:${'0'.repeat(32)}` }), /a digest that is none/],
    ['a web page', answer({ 'content-type': 'text/html' }, '<html>'), /not the manifest of an image/],
    ['JSON', answer({ 'content-type': 'application/json' }, '{}'), /not the manifest of an image/],
    [
      'an image of long ago',
      answer({ 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }, '{}'),
      /not the manifest of an image/,
    ],
    [
      'far too much',
      answer({ 'content-type': MANIFEST_TYPE }, 'x'.repeat(4 * 1024 * 1024 + 1)),
      /more than can be taken/,
    ],
    [
      'a code that no registry has',
      (_request, response) => Boolean(response.writeHead(418).end()),
      /answers 418, as no registry should/,
    ],
  ])('%s', async (_what, intercept, message) => {
    registry.intercept = intercept;
    await expect(listed().resolve(image(), null)).rejects.toMatchObject({
      name: 'ImageFailure',
      reason: 'invalid_answer',
      message: expect.stringMatching(message) as string,
    });
  });

  it('another image than the digest says', async () => {
    const wanted = reference(`localhost:${registry.port}/acme/web@sha256:${'0'.repeat(64)}`);
    registry.intercept = serveManifest;
    await expect(listed().resolve(wanted, null)).rejects.toMatchObject({ reason: 'invalid_answer' });
    registry.intercept = answer({ 'content-type': MANIFEST_TYPE }, MANIFEST);
    await expect(listed().resolve(wanted, null)).rejects.toMatchObject({ reason: 'invalid_answer' });
    expect(await listed().resolve(image(), null)).toBe(DIGEST);
  });

  it('a digest of the other kind that images may have', async () => {
    const sha512 = `sha512:${createHash('sha512').update(MANIFEST).digest('hex')}`;
    registry.intercept = answer({ 'content-type': `${MANIFEST_TYPE}; charset=utf-8` }, MANIFEST);
    expect(await listed().resolve(reference(`localhost:${registry.port}/acme/web@${sha512}`), null)).toBe(sha512);
  });

  it('no HTTP at all', async () => {
    const server: Server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(listed().resolve(reference(`localhost:${port}/web:v1`), null)).rejects.toMatchObject({
      reason: 'invalid_answer',
      message: expect.stringContaining('does not speak HTTP') as string,
    });
    server.close();
  });
});
