import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { partFolder } from '../cache.ts';
import { parts } from '../parts.ts';
import { auditLogOf } from './audit.ts';
import type { Certificates } from './certificates.ts';
import type { Layout } from './layout.ts';

/** How to reach a running cluster; plain data, so that it can be handed to another process. */
export interface ClusterAccess {
  /** File for kubectl, Helm and every client; its user may do everything. */
  kubeconfig: string;
  /** URL of the API server. */
  server: string;
  /** PEM of the authority that signed the API server's certificate. */
  certificateAuthority: string;
  /** PEM of the administrator's certificate and key. */
  admin: { certificate: string; key: string };
  /** `127.0.0.1:PORT` of an OCI registry that asks for no credentials, over plain HTTP. */
  registry: string;
  /** Folder for Git repositories; Argo CD reads them by `file://`. */
  gitFolder: string;
  /** Folder of the logs of all containers, for `appendLog`. */
  podLogs: string;
  /** Folder with the log `NAME.log` of each component. */
  componentLogs: string;
  /** Where requests of audited users are taken down, a JSON object of `audit.k8s.io` in each line. */
  auditLog: string;
  /** PATH on which kubectl, helm and crane are found first. */
  path: string;
}

export async function describeAccess(layout: Layout, { authority, admin }: Certificates): Promise<ClusterAccess> {
  const read = (file: string): Promise<string> => readFile(file, 'utf8');
  const tools = [parts['control-plane'], parts.helm, parts.crane].map((part) => join(partFolder(part), 'bin'));
  const access: ClusterAccess = {
    kubeconfig: join(layout.folder, 'kubeconfig'),
    server: `https://127.0.0.1:${layout.ports.apiserver}`,
    certificateAuthority: await read(authority.certificate),
    admin: { certificate: await read(admin.certificate), key: await read(admin.key) },
    registry: `127.0.0.1:${layout.ports.registry}`,
    gitFolder: layout.git,
    podLogs: layout.podLogs,
    componentLogs: layout.logs,
    auditLog: auditLogOf(layout),
    path: [...tools, process.env.PATH].join(delimiter),
  };
  await writeFile(access.kubeconfig, kubeconfigText(access), { mode: 0o600 });
  return access;
}

/** A kubeconfig in JSON, which is YAML too. */
function kubeconfigText({ server, certificateAuthority, admin }: ClusterAccess): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const cluster = { server, 'certificate-authority-data': base64(certificateAuthority) };
  const user = { 'client-certificate-data': base64(admin.certificate), 'client-key-data': base64(admin.key) };
  const name = 'testbed';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster }],
    users: [{ name: 'admin', user }],
    contexts: [{ name, context: { cluster: name, user: 'admin' } }],
  });
}
