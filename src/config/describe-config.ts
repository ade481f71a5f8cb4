import type { Config } from './config.ts';

/** The configuration for the log, every secret masked. */
export function describeConfig(config: Config): Readonly<Record<string, unknown>> {
  return {
    ...config,
    redisUrl: withoutCredential(config.redisUrl),
    firebaseApiKey: masked(config.firebaseApiKey),
    bootstrapToken: masked(config.bootstrapToken),
  };
}

function masked(secret: string | null): string | null {
  return secret === null ? null : '(set)';
}

function withoutCredential(url: string | null): string | null {
  if (url === null) return null;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
