import type { ClusterConfig, Config } from './config.ts';

/** The configuration for the log, every secret masked. */
export function describeConfig(config: Config): Readonly<Record<string, unknown>> {
  return {
    ...config,
    redisUrl: withoutCredential(config.redisUrl),
    firebaseApiKey: masked(config.firebaseApiKey),
    bootstrapToken: masked(config.bootstrapToken),
    cluster: withoutCredentials(config.cluster),
  };
}

function withoutCredentials({ gitops, ...cluster }: ClusterConfig): ClusterConfig {
  const repository = withoutUserInfo(gitops.repository);
  const chart = { ...cluster.workloadChart, repository: withoutUserInfo(cluster.workloadChart.repository) };
  return { ...cluster, workloadChart: chart, gitops: { ...gitops, repository, credential: masked(gitops.credential) } };
}

/** A URL may carry a password in front of its host. */
function withoutUserInfo(url: string | null): string | null {
  return url === null ? null : url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}

function masked(secret: string | null): string | null {
  return secret === null ? null : '(set)';
}

function withoutCredential(url: string | null): string | null {
  if (url === null) return null;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
