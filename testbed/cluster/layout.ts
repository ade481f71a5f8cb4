import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePorts } from './ports.ts';

/** Folders and ports of one cluster. */
export interface Layout {
  folder: string;
  certificates: string;
  /** One log file for each component. */
  logs: string;
  /** Logs of containers: `NAMESPACE/POD/CONTAINER.log`, and `.previous.log` of the container before. */
  podLogs: string;
  /** For Git repositories that Argo CD reads by `file://`. */
  git: string;
  /** What components write for themselves. */
  data: string;
  /** The same for Argo CD. */
  argocd: string;
  /** The same for the registry. */
  images: string;
  ports: Record<PortName, number>;
  /** Another cluster may have the ports. */
  releasePorts: () => void;
}

const portNames = [
  'etcd',
  'etcdPeers',
  'apiserver',
  'controllerManager',
  'scheduler',
  'kwok',
  'kubelet',
  'redis',
  'repoServer',
  'repoServerMetrics',
  'controllerMetrics',
  'registry',
] as const;
type PortName = (typeof portNames)[number];

export async function makeLayout(): Promise<Layout> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'blueberry-cluster-')));
  const at = async (name: string): Promise<string> => {
    await mkdir(join(folder, name));
    return join(folder, name);
  };
  const { ports, release } = await reservePorts(portNames.length);
  return {
    folder,
    certificates: await at('certificates'),
    logs: await at('logs'),
    podLogs: await at('pod-logs'),
    git: await at('git'),
    data: await at('data'),
    argocd: await at('argocd'),
    images: await at('images'),
    ports: Object.fromEntries(portNames.map((name, index) => [name, ports[index]])) as Record<PortName, number>,
    releasePorts: release,
  };
}
