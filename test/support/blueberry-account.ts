import { mkdtemp, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { kubectl } from './cluster-tools.ts';
import { writeKubeconfig } from './kubeconfig.ts';

export const RBAC_FILE = new URL('../../deploy/rbac.yaml', import.meta.url);
/** Namespace of Blueberry's own account. */
export const OWN_NAMESPACE = 'blueberry';

/** The objects of `deploy/rbac.yaml`. */
export async function readRbac(): Promise<readonly unknown[]> {
  return parseAllDocuments(await readFile(RBAC_FILE, 'utf8')).map((document) => document.toJS() as unknown);
}

/** A kubeconfig of the account that `deploy/rbac.yaml` makes, in the folder of the cluster, which goes with it: all tests run with exactly its rights. */
export async function accountKubeconfig(cluster: ClusterAccess): Promise<string> {
  await kubectl(cluster, 'apply', '--server-side', '--filename', RBAC_FILE.pathname);
  const token = (await kubectl(cluster, '-n', OWN_NAMESPACE, 'create', 'token', 'blueberry', '--duration=24h')).trim();
  const file = join(await mkdtemp(join(dirname(cluster.kubeconfig), 'account-')), 'kubeconfig');
  const { server, certificateAuthority } = cluster;
  await writeKubeconfig(file, { server, certificateAuthority, user: { token } });
  return file;
}
