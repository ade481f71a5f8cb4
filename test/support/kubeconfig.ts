import { writeFile } from 'node:fs/promises';

export interface KubeconfigParts {
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** In the words of a kubeconfig: `token`, `exec`, `client-certificate-data`… */
  readonly user: object;
}

/** Writes a kubeconfig with one context, `test`; JSON, which is YAML too. */
export async function writeKubeconfig(
  file: string,
  { server, certificateAuthority, user }: KubeconfigParts,
): Promise<void> {
  const cluster = { server, 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
}

/** The user of a client certificate. */
export function certificateUser({ certificate, key }: { readonly certificate: string; readonly key: string }): object {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) };
}
