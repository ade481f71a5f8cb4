import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];

/** Files of a certificate and its key, in PEM. */
export interface Pair {
  certificate: string;
  key: string;
}

export interface Certificates {
  authority: Pair;
  /** For everything that listens with TLS on 127.0.0.1. */
  server: Pair;
  /** Whoever shows it may do everything (group `system:masters`). */
  admin: Pair;
  /** What tokens of service accounts are signed with, and checked with. */
  serviceAccounts: { privateKey: string; publicKey: string };
}

/** Makes an authority of its own for one cluster, in `folder`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const pair = (name: string): Pair => ({ certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) });
  const authority = pair('authority');
  await request(authority, '/CN=testbed', []);
  const signed = async (name: string, subject: string, extensions: string[]): Promise<Pair> => {
    const made = pair(name);
    const signer = ['-CA', authority.certificate, '-CAkey', authority.key];
    const end = ['basicConstraints=critical,CA:FALSE', ...extensions].flatMap((text) => ['-addext', text]);
    await request(made, subject, [...signer, ...end]);
    return made;
  };
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc';
  const [server, admin] = await Promise.all([
    signed('server', '/CN=127.0.0.1', [names, 'extendedKeyUsage=serverAuth']),
    signed('admin', '/O=system:masters/CN=admin', ['extendedKeyUsage=clientAuth']),
  ]);
  return { authority, server, admin, serviceAccounts: await makeSigningKey(folder) };
}

async function request({ certificate, key }: Pair, subject: string, more: string[]): Promise<void> {
  await run('openssl', ['req', '-x509', ...newKey, '-subj', subject, '-keyout', key, '-out', certificate, ...more]);
}

async function makeSigningKey(folder: string): Promise<Certificates['serviceAccounts']> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const files = { privateKey: join(folder, 'service-accounts.key'), publicKey: join(folder, 'service-accounts.pub') };
  await writeFile(files.privateKey, privateKey, { mode: 0o600 });
  await writeFile(files.publicKey, publicKey);
  return files;
}
