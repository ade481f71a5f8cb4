import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRegistryFront, type RegistryFront } from '../../support/registry-front.ts';
import { DIGEST, reference, resolver, serveManifest } from '../../support/image-resolvers.ts';

describe('TLS', () => {
  let folder: string;
  let secure: RegistryFront;
  let certificate: string;
  const trusted = getCACertificates('default');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueberry-tls-'));
    const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const pair = ['-keyout', keyFile, '-out', certificateFile];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...pair, ...subject], {
      stdio: 'ignore',
    });
    certificate = readFileSync(certificateFile, 'utf8');
    secure = await startRegistryFront(null, { cert: certificate, key: readFileSync(keyFile) });
    secure.intercept = serveManifest;
  });
  afterEach(() => {
    setDefaultCACertificates(trusted);
  });
  afterAll(async () => {
    await secure.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const strict = () =>
    resolver({ privateHosts: ['localhost', '127.0.0.1'].map((host) => ({ host, plainHttp: false })) });

  it('is spoken with a registry whose certificate can be trusted', async () => {
    setDefaultCACertificates([...trusted, certificate]);
    expect(await strict().resolve(reference(`localhost:${secure.port}/acme/web:v1`), null)).toBe(DIGEST);
  });

  it.each([
    ['that nobody vouches for', 'localhost', false],
    ['of another name', '127.0.0.1', true],
  ])('is not spoken with a certificate %s, and nothing is told', async (_what, host, isTrusted) => {
    if (isTrusted) setDefaultCACertificates([...trusted, certificate]);
    const requests = secure.requests.length;
    const resolving = strict().resolve(reference(`${host}:${secure.port}/acme/web:v1`), 'ci:canary');
    await expect(resolving).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringMatching(/^the certificate of .* can't be trusted/) as string,
    });
    expect(secure.requests).toHaveLength(requests);
  });
});
