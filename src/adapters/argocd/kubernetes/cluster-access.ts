import { access, constants, readFile } from 'node:fs/promises';
import type { Agent, RequestOptions } from 'node:https';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { KubernetesFailure } from './kubernetes-failure.ts';

/** Where the access comes from. */
export type ClusterSource =
  | {
      /** Paths as in KUBECONFIG; of several files the first gives the context. */
      readonly kubeconfig: string;
      /** Left out: the file's own current context. */
      readonly context?: string | undefined;
    }
  | {
      /** Of the API server, as Kubernetes tells every container (KUBERNETES_SERVICE_HOST and …_PORT). */
      readonly inCluster: { readonly host: string; readonly port: number };
      /** Where the service account's files are. */
      readonly serviceAccountFolder?: string | undefined;
    };

/** All that one request needs to reach the API server and to be known there. */
export interface ClusterTarget {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates and keys, and the agent of a proxy where there is one. */
  readonly tls: RequestOptions;
  readonly proxy: Agent | undefined;
  /** How often the configuration had been read. */
  readonly generation: number;
}

export interface ClusterAccess {
  /** Name of the context, or `in-cluster`. */
  readonly context: string;
  readonly server: URL;
  /** The context's own namespace. */
  readonly namespace: string | null;
  /** Reads tokens and certificates as they are now, for they are replaced while we run. */
  target(): Promise<ClusterTarget>;
  /**
   * Takes credentials that were renewed in place, after the API server did not know us. False when there is nothing
   * newer, as far as could be looked just now.
   */
  reload(refused: ClusterTarget): Promise<boolean>;
}

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** So often at most the configuration is read anew after the API server did not know us. */
const RELOAD_INTERVAL_MS = 5_000;
const CREDENTIALS_TIMEOUT_MS = 15_000;

/** Fails with `misconfigured`, naming the file and what is wrong with it. */
export async function loadClusterAccess(source: ClusterSource): Promise<ClusterAccess> {
  let config = await readConfig(source);
  let generation = 1;
  let readAt = -Infinity;
  let pending: Promise<ClusterTarget> | null = null;
  let reloading: Promise<boolean> | null = null;

  async function readAgain(): Promise<boolean> {
    if (performance.now() - readAt < RELOAD_INTERVAL_MS) return false;
    readAt = performance.now();
    config = await readConfig(source);
    generation += 1;
    return true;
  }

  return {
    ...describe(config),
    // A credential may come from a program: calls at the same time don't start one each.
    target: () =>
      (pending ??= targetOf(config, generation).finally(() => {
        pending = null;
      })),
    async reload(refused) {
      if (refused.generation < generation) return true;
      return (reloading ??= readAgain().finally(() => {
        reloading = null;
      }));
    },
  };
}

async function readConfig(source: ClusterSource): Promise<KubeConfig> {
  if ('inCluster' in source) return inClusterConfig(source.inCluster, source.serviceAccountFolder);
  const [first, ...others] = source.kubeconfig.split(delimiter).filter((path) => path !== '');
  if (first === undefined) throw misconfigured('No kubeconfig is named. Set KUBECONFIG to the path of one.');
  const config = readFileAs(first);
  for (const path of others) {
    const more = readFileAs(path);
    attempt(`The kubeconfig ${path} does not go with ${first}`, () => config.mergeConfig(more, true));
  }
  if (source.context !== undefined) config.setCurrentContext(source.context);
  const context = config.getCurrentContext();
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context)) {
    const what = context ? `has no context ${context}` : 'has no current context';
    throw misconfigured(
      `The kubeconfig ${first} ${what}. Choose one of: ${known.join(', ') || 'none, it has no context'}.`,
    );
  }
  const of = `The context ${context} of the kubeconfig ${first}`;
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (!cluster) throw misconfigured(`${of} names a cluster that is not in it.`);
  if (!user) throw misconfigured(`${of} names a user that is not in it.`);
  for (const file of [cluster.caFile, user.certFile, user.keyFile]) if (file) await demandFile(of, file);
  return config;
}

async function demandFile(of: string, file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw misconfigured(`${of} names a file that can't be read: ${messageOf(error)}.`, error);
  }
}

function readFileAs(path: string): KubeConfig {
  const config = new KubeConfig();
  attempt(`The kubeconfig ${path} can't be read`, () => config.loadFromFile(path));
  return config;
}

async function inClusterConfig(
  { host, port }: { readonly host: string; readonly port: number },
  folder = SERVICE_ACCOUNT_FOLDER,
): Promise<KubeConfig> {
  const config = new KubeConfig();
  const name = 'in-cluster';
  const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch((error: unknown) => {
    throw misconfigured(
      `The service account of this pod can't be read (${messageOf(error)}). Run in a pod with a service account whose token is mounted, or set KUBECONFIG.`,
    );
  });
  config.loadFromOptions({
    clusters: [
      {
        name,
        server: `https://${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
        caFile: join(folder, 'ca.crt'),
        skipTLSVerify: false,
      },
    ],
    users: [{ name, authProvider: { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } } }],
    contexts: [{ name, cluster: name, user: name, namespace: namespace.trim() }],
    currentContext: name,
  });
  return config;
}

function describe(config: KubeConfig): Pick<ClusterAccess, 'context' | 'server' | 'namespace'> {
  const context = config.getCurrentContext();
  return { context, server: serverOf(config), namespace: config.getContextObject(context)?.namespace ?? null };
}

function serverOf(config: KubeConfig): URL {
  const address = config.getCurrentCluster()?.server ?? '';
  if (!URL.canParse(address) || new URL(address).protocol !== 'https:') {
    throw misconfigured(
      `The API server of context ${config.getCurrentContext()} is ${JSON.stringify(address)}. It must be an https:// address.`,
    );
  }
  return new URL(address);
}

async function targetOf(config: KubeConfig, generation: number): Promise<ClusterTarget> {
  const options: RequestOptions = {};
  const patience = new AbortController();
  try {
    const late = pause(CREDENTIALS_TIMEOUT_MS, 'late', { signal: patience.signal });
    late.catch(() => undefined);
    if ((await Promise.race([config.applyToHTTPSOptions(options), late])) === 'late') {
      throw new Error(`nothing came within ${String(CREDENTIALS_TIMEOUT_MS / 1000)} seconds`);
    }
  } catch (error) {
    throw misconfigured(
      `The credentials of context ${config.getCurrentContext()} can't be had: ${messageOf(error)}. Try kubectl with the same kubeconfig.`,
      error,
    );
  } finally {
    patience.abort();
  }
  const { headers, auth, agent, ...tls } = options;
  const isProxied = config.getCurrentCluster()?.proxyUrl !== undefined;
  return {
    server: serverOf(config),
    headers: {
      ...(headers as Record<string, string> | undefined),
      ...(typeof auth === 'string' ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}),
    },
    tls,
    proxy: isProxied ? (agent as Agent) : undefined,
    generation,
  };
}

function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw misconfigured(`${what}: ${messageOf(error)}.`, error);
  }
}

function misconfigured(message: string, cause?: unknown): KubernetesFailure {
  return new KubernetesFailure('misconfigured', message, { cause });
}

const DETAIL_MAX_LENGTH = 300;

/** The first line only: behind it a YAML parser quotes the file, which holds credentials. */
function messageOf(error: unknown): string {
  if (error instanceof TypeError) return 'it does not hold what a kubeconfig holds';
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return line.slice(0, DETAIL_MAX_LENGTH).replace(/\.$/, '');
}
