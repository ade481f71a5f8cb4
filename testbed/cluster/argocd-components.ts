import { delimiter, join } from 'node:path';
import { partFolder } from '../cache.ts';
import { parts } from '../parts.ts';
import { environmentOf } from './kubernetes-components.ts';
import type { Layout } from './layout.ts';
import { acceptsConnections, answersHttp } from './probes.ts';
import type { ComponentDefinition } from './component.ts';

export interface ArgoCdOptions {
  /** How often Argo CD looks at every Application without being asked to, in seconds. */
  resyncSeconds: number;
  /** Applications compared at the same time. */
  statusProcessors: number;
  /** Applications synced at the same time. */
  operationProcessors: number;
}

/** Argo CD without its API and UI: what compares and syncs, what renders charts, and their Redis; and an OCI registry. */
export function argoCdComponents(layout: Layout, kubeconfig: string, options: ArgoCdOptions): ComponentDefinition[] {
  const { ports } = layout;
  const argocd = join(partFolder(parts.argocd), 'bin');
  const helm = join(partFolder(parts.helm), 'bin');
  const home = layout.argocd;
  const common = environmentOf(layout);
  const env = {
    ...common,
    // By name: git, helm, `argocd` for Git credentials, and the wrapper scripts. No gpg, as signatures are not checked.
    PATH: [argocd, helm, common.PATH].join(delimiter),
    KUBECONFIG: kubeconfig,
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    ARGOCD_GNUPGHOME: join(home, 'gnupg'),
    ARGOCD_TLS_DATA_PATH: join(home, 'tls'),
    ARGOCD_SSH_DATA_PATH: join(home, 'ssh'),
    ARGOCD_GPG_DATA_PATH: join(home, 'gpg'),
    ARGOCD_PLUGINSOCKFILEPATH: join(home, 'plugins'),
    // The default is one for the whole machine.
    ARGOCD_ASK_PASS_SOCK: join(home, 'ask-pass.sock'),
    ARGOCD_K8S_CLIENT_QPS: '500',
    ARGOCD_K8S_CLIENT_BURST: '1000',
  };
  const redis = `127.0.0.1:${ports.redis}`;
  const resync = [`--app-resync=${options.resyncSeconds}`, '--app-resync-jitter=0'];

  return [
    {
      name: 'redis',
      command: {
        program: 'redis-server',
        args: ['--bind', '127.0.0.1', '--port', String(ports.redis), '--save', '', '--dir', layout.data],
        env: common,
      },
      probe: () => acceptsConnections(ports.redis),
    },
    {
      name: 'argocd-repo-server',
      command: {
        program: join(argocd, 'argocd-repo-server'),
        args: [
          '--address=127.0.0.1',
          `--port=${ports.repoServer}`,
          '--metrics-address=127.0.0.1',
          `--metrics-port=${ports.repoServerMetrics}`,
          `--redis=${redis}`,
        ],
        env,
      },
      probe: () => answersHttp(`http://127.0.0.1:${ports.repoServerMetrics}/healthz`),
    },
    {
      name: 'argocd-application-controller',
      command: {
        program: join(argocd, 'argocd-application-controller'),
        args: [
          '--namespace=argocd',
          `--repo-server=127.0.0.1:${ports.repoServer}`,
          `--redis=${redis}`,
          `--metrics-port=${ports.controllerMetrics}`,
          ...resync,
          // Errors of the repository show at once, not after three minutes.
          '--repo-error-grace-period-seconds=0',
          `--status-processors=${options.statusProcessors}`,
          `--operation-processors=${options.operationProcessors}`,
        ],
        env,
      },
      probe: () => answersHttp(`http://127.0.0.1:${ports.controllerMetrics}/healthz`),
    },
    {
      name: 'registry',
      command: {
        program: join(partFolder(parts.crane), 'bin/crane'),
        args: ['registry', 'serve', `--address=127.0.0.1:${ports.registry}`, `--disk=${layout.images}`],
        env: common,
      },
      probe: () => answersHttp(`http://127.0.0.1:${ports.registry}/v2/`),
    },
  ];
}
