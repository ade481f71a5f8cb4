import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { partFolder } from '../cache.ts';
import { parts } from '../parts.ts';
import type { Certificates } from './certificates.ts';
import type { Layout } from './layout.ts';
import { answersHttp } from './probes.ts';
import type { ComponentDefinition } from './component.ts';

/** What every program of the cluster may see of this machine: no proxy, no kubeconfig and no token of the user's. */
export function environmentOf(layout: Layout): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: layout.data, TMPDIR: layout.data, LANG: 'C.UTF-8' };
}

/** etcd, the API server, the controllers and the scheduler of Kubernetes, and KWOK, which stands for the nodes. */
export function kubernetesComponents(
  layout: Layout,
  certificates: Certificates,
  kubeconfig: string,
  auditing: readonly string[],
): ComponentDefinition[] {
  const { ports } = layout;
  const env = environmentOf(layout);
  const bin = join(partFolder(parts['control-plane']), 'bin');
  const kwok = partFolder(parts.kwok);
  const stages = readdirSync(join(kwok, 'stages')).map((file) => join(kwok, 'stages', file));
  // Nothing secret is asked at these, and their certificates are made by themselves at start.
  const anyCertificate = { rejectUnauthorized: false };
  const fast = ['--kube-api-qps=500', '--kube-api-burst=1000'];

  return [
    {
      name: 'etcd',
      command: {
        program: join(bin, 'etcd'),
        args: [
          `--data-dir=${join(layout.data, 'etcd')}`,
          `--listen-client-urls=http://127.0.0.1:${ports.etcd}`,
          `--advertise-client-urls=http://127.0.0.1:${ports.etcd}`,
          `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeers}`,
          '--unsafe-no-fsync',
          '--log-level=warn',
        ],
        env,
      },
      probe: () => answersHttp(`http://127.0.0.1:${ports.etcd}/health`),
    },
    {
      name: 'kube-apiserver',
      command: {
        program: join(bin, 'kube-apiserver'),
        args: [
          `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
          '--bind-address=127.0.0.1',
          '--advertise-address=127.0.0.1',
          `--secure-port=${ports.apiserver}`,
          `--tls-cert-file=${certificates.server.certificate}`,
          `--tls-private-key-file=${certificates.server.key}`,
          `--client-ca-file=${certificates.authority.certificate}`,
          `--service-account-key-file=${certificates.serviceAccounts.publicKey}`,
          `--service-account-signing-key-file=${certificates.serviceAccounts.privateKey}`,
          '--service-account-issuer=https://kubernetes.default.svc',
          '--authorization-mode=Node,RBAC',
          // A /24 ends at 254 Services.
          '--service-cluster-ip-range=10.0.0.0/16',
          '--endpoint-reconciler-type=none',
          '--kubelet-preferred-address-types=InternalIP',
          `--kubelet-certificate-authority=${certificates.authority.certificate}`,
          ...auditing,
        ],
        env,
      },
      // Anyone may ask for it; that the certificate is right, the first request of the client shows.
      probe: () => answersHttp(`https://127.0.0.1:${ports.apiserver}/readyz`, anyCertificate),
    },
    {
      name: 'kube-controller-manager',
      command: {
        program: join(bin, 'kube-controller-manager'),
        args: [
          `--kubeconfig=${kubeconfig}`,
          '--bind-address=127.0.0.1',
          `--secure-port=${ports.controllerManager}`,
          `--root-ca-file=${certificates.authority.certificate}`,
          `--service-account-private-key-file=${certificates.serviceAccounts.privateKey}`,
          '--use-service-account-credentials=true',
          '--leader-elect=false',
          // On a busy machine heartbeats are late, and a node that was NotReady once is not trusted again for minutes.
          '--node-monitor-grace-period=24h',
          ...fast,
        ],
        env,
      },
      probe: () => answersHttp(`https://127.0.0.1:${ports.controllerManager}/healthz`, anyCertificate),
    },
    {
      name: 'kube-scheduler',
      command: {
        program: join(bin, 'kube-scheduler'),
        args: [
          `--kubeconfig=${kubeconfig}`,
          '--bind-address=127.0.0.1',
          `--secure-port=${ports.scheduler}`,
          '--leader-elect=false',
          ...fast,
        ],
        env,
      },
      probe: () => answersHttp(`https://127.0.0.1:${ports.scheduler}/healthz`, anyCertificate),
    },
    {
      name: 'kwok',
      command: {
        program: join(kwok, 'bin/kwok'),
        args: [
          `--kubeconfig=${kubeconfig}`,
          '--manage-all-nodes=true',
          '--node-ip=127.0.0.1',
          // Nodes say that their kubelet is the stage-hand, which hands on to KWOK.
          `--node-port=${ports.kubelet}`,
          `--server-address=127.0.0.1:${ports.kwok}`,
          '--enable-crds=ClusterLogs,ClusterPortForward',
          ...stages.map((file) => `--config=${file}`),
        ],
        env,
      },
      probe: () => answersHttp(`http://127.0.0.1:${ports.kwok}/healthz`),
    },
  ];
}
