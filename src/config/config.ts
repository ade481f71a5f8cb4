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

/** URL of the preview of this name: the scheme and port of the console, the host under the preview domain. */
export function previewUrl(config: Pick<Config, 'publicUrl' | 'previewDomain'>, name: string): string {
  const url = new URL(config.publicUrl);
  url.hostname = `${name}.${config.previewDomain}`;
  return url.origin;
}
