import type { Values } from './variables.ts';

/** The whole configuration, checked. Times are milliseconds, addresses lower-case, paths absolute. Frozen. */
export interface Config {
  readonly environment: Values['ENVIRONMENT'];
  readonly role: Values['ROLE'];
  readonly store: Values['STORE'];
  readonly objectStorage: Values['OBJECT_STORAGE'];
  readonly eventBus: Values['EVENT_BUS'];
  readonly auth: Values['AUTH'];
  readonly runtime: Values['RUNTIME'];
  readonly gitopsMode: Values['GITOPS_MODE'];
  /** What counts with `RUNTIME=argocd`. */
  readonly cluster: ClusterConfig;
  /** Address to listen on; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Origin of the console, without a slash at the end. */
  readonly publicUrl: string;
  /** Whether the console is reached by https, so that its cookies are Secure. */
  readonly secureCookies: boolean;
  /** Every host that the console answers for besides loopback names, as in a Host header but without a port. */
  readonly consoleHosts: readonly string[];
  readonly previewDomain: string;
  readonly trustedProxyHops: number;
  readonly dataDir: string;
  readonly redisUrl: string | null;
  readonly projectId: string | null;
  readonly firebaseApiKey: string | null;
  readonly firebaseProject: string | null;
  readonly adminEmail: string;
  readonly bootstrapToken: string | null;
  /** 0: nothing is put to sleep for want of visits. */
  readonly idleSleepMs: number;
  /** 0: without a limit. */
  readonly quotas: { readonly perOwner: number; readonly total: number };
  readonly concurrentBuilds: number;
  readonly deployDeadlineMs: number;
  readonly pollLocalMs: number;
  readonly pollRemoteMs: number;
  readonly deleteGoneBranches: boolean;
  readonly allowedPrivateRepositoryHosts: readonly string[];
  readonly allowedPrivateRegistryHosts: Values['ALLOWED_PRIVATE_REGISTRY_HOSTS'];
  readonly demoRepository: boolean;
  readonly rateLimits: { readonly signInsPerMinute: number; readonly writesPerMinute: number };
  readonly logLevel: Values['LOG_LEVEL'];
}

/** The Kubernetes cluster that environments run in, and Argo CD in it. */
export interface ClusterConfig {
  /** Paths as in KUBECONFIG; null: that of the user, or inside a cluster the pod's own service account. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** Where the API server is, as Kubernetes tells its pods; null outside of a cluster. */
  readonly inCluster: { readonly host: string; readonly port: number } | null;
  /** Blueberry's own; null: that of the context. */
  readonly namespace: string | null;
  /** What people call the cluster; null: the name of the context. */
  readonly name: string | null;
  /** Of several Blueberries in one cluster, which one this is; null: one that is made at the first start. */
  readonly installation: string | null;
  readonly argocdNamespace: string;
  /** As Argo CD knows the cluster that environments run in. */
  readonly destinationServer: string;
  /** Null while developing: the commit of Blueberry's own checkout. */
  readonly workloadChart: {
    readonly repository: string | null;
    readonly path: string;
    readonly revision: string | null;
  };
  /** Path of a template of one's own; null: that which comes with Blueberry. */
  readonly applicationTemplate: string | null;
  /** What one environment may take of the cluster, in quantities of Kubernetes. */
  readonly quota: { readonly cpu: string; readonly memory: string; readonly pods: number };
  readonly gitops: {
    readonly repository: string | null;
    readonly branch: string;
    readonly folder: string;
    readonly rootApplication: string;
    readonly credential: string | null;
  };
}

/** URL of the preview of this name: the scheme and port of the console, the host under the preview domain. */
export function previewUrl(config: Pick<Config, 'publicUrl' | 'previewDomain'>, name: string): string {
  const url = new URL(config.publicUrl);
  url.hostname = `${name}.${config.previewDomain}`;
  return url.origin;
}
