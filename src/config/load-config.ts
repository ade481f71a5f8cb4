import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { IMPOSSIBLE_COMBINATIONS, NOT_AVAILABLE, type FactName, type Facts } from './combinations.ts';
import { ConfigError, type ConfigFault } from './config-error.ts';
import type { ClusterConfig, Config } from './config.ts';
import { VARIABLES, type Values, type VariableName } from './variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const MINUTE_MS = 60_000;
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/**
 * Reads the configuration from the environment and from the file `.env` in `cwd`; what is set in both counts as it is
 * in the environment, and what is empty counts as not set.
 *
 * @throws ConfigError with every fault at once.
 */
export function loadConfig(env: Environment, { cwd }: { readonly cwd: string }): Config {
  const faults: ConfigFault[] = [];
  const values = readValues({ ...readDotEnv(cwd, faults), ...withoutEmpty(env) }, faults);
  const config = configOf(values, cwd);
  // A value that could not be read counts as its default until here; no combination is found fault with for that.
  const misread = new Set(faults.map(({ name }) => name));
  faults.push(...combinationFaults(factsOf(values, config), config, misread));
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(config);
}

function readDotEnv(cwd: string, faults: ConfigFault[]): Environment {
  try {
    return withoutEmpty(parseEnv(readFileSync(join(cwd, '.env'), 'utf8')));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code !== 'ENOENT') {
      faults.push({ name: '.env', problem: `can't be read (${code})`, remedy: 'Make it a file that you may read.' });
    }
    return {};
  }
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

function readValues(env: Environment, faults: ConfigFault[]): Values {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(VARIABLES) as VariableName[]) {
    const { fallback, read } = VARIABLES[name];
    const given = env[name]?.trim();
    const reading = given === undefined || given === '' ? null : read(given);
    if (reading?.fault) faults.push({ name, ...reading.fault });
    const usable = reading?.fault === null ? reading : fallback === null ? null : read(fallback);
    values[name] = usable?.fault === null ? usable.value : null;
  }
  return values as unknown as Values;
}

function configOf(values: Values, cwd: string): Config {
  const publicUrl = values.PUBLIC_URL ?? `http://localhost:${String(values.PORT)}`;
  return {
    environment: values.ENVIRONMENT,
    role: values.ROLE,
    store: values.STORE,
    objectStorage: values.OBJECT_STORAGE,
    eventBus: values.EVENT_BUS,
    auth: values.AUTH,
    runtime: values.RUNTIME,
    gitopsMode: values.GITOPS_MODE,
    cluster: clusterConfig(values, cwd),
    host: values.HOST,
    port: values.PORT,
    publicUrl,
    secureCookies: publicUrl.startsWith('https:'),
    consoleHosts: consoleHosts(values, publicUrl),
    previewDomain: values.PREVIEW_DOMAIN,
    trustedProxyHops: values.TRUSTED_PROXY_HOPS,
    dataDir: resolve(cwd, values.DATA_DIR),
    redisUrl: values.REDIS_URL,
    projectId: values.PROJECT_ID,
    firebaseApiKey: values.FIREBASE_API_KEY,
    firebaseProject: values.FIREBASE_PROJECT ?? values.PROJECT_ID,
    adminEmail: values.ADMIN_EMAIL,
    bootstrapToken: values.BOOTSTRAP_TOKEN,
    idleSleepMs: values.IDLE_SLEEP_MINUTES * MINUTE_MS,
    quotas: { perOwner: values.QUOTA_PER_OWNER, total: values.QUOTA_TOTAL },
    concurrentBuilds: values.CONCURRENT_BUILDS,
    deployDeadlineMs: values.DEPLOY_DEADLINE_MINUTES * MINUTE_MS,
    pollLocalMs: values.POLL_SECONDS_LOCAL * 1000,
    pollRemoteMs: values.POLL_SECONDS_REMOTE * 1000,
    deleteGoneBranches: values.DELETE_GONE_BRANCHES,
    allowedPrivateRepositoryHosts: values.ALLOWED_PRIVATE_REPOSITORY_HOSTS,
    allowedPrivateRegistryHosts: values.ALLOWED_PRIVATE_REGISTRY_HOSTS,
    demoRepository: values.DEMO_REPOSITORY ?? values.ENVIRONMENT === 'development',
    rateLimits: { signInsPerMinute: values.SIGN_INS_PER_MINUTE, writesPerMinute: values.WRITES_PER_MINUTE },
    logLevel: values.LOG_LEVEL,
  };
}

function clusterConfig(values: Values, cwd: string): ClusterConfig {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = values;
  return {
    kubeconfig: values.KUBECONFIG,
    context: values.KUBERNETES_CONTEXT,
    inCluster: host === null ? null : { host, port },
    namespace: values.KUBERNETES_NAMESPACE,
    name: values.CLUSTER_NAME,
    installation: values.INSTALLATION,
    argocdNamespace: values.ARGOCD_NAMESPACE,
    destinationServer: values.ARGOCD_DESTINATION_SERVER.replace(/\/$/, ''),
    workloadChart: {
      repository: values.WORKLOAD_CHART_REPOSITORY,
      path: values.WORKLOAD_CHART_PATH,
      revision: values.WORKLOAD_CHART_REVISION,
    },
    applicationTemplate: values.APPLICATION_TEMPLATE === null ? null : resolve(cwd, values.APPLICATION_TEMPLATE),
    quota: { cpu: values.ENVIRONMENT_CPU, memory: values.ENVIRONMENT_MEMORY, pods: values.ENVIRONMENT_PODS },
    gitops: {
      repository: values.GITOPS_REPOSITORY,
      branch: values.GITOPS_BRANCH,
      folder: values.GITOPS_FOLDER,
      rootApplication: values.GITOPS_ROOT_APPLICATION,
      credential: values.GITOPS_CREDENTIAL,
    },
  };
}

function consoleHosts({ CONSOLE_HOSTS, HOST }: Values, publicUrl: string): readonly string[] {
  const listenedOn = ANY_ADDRESS.has(HOST) ? [] : [HOST];
  const named = [...CONSOLE_HOSTS, ...listenedOn].map((host) => (isIPv6(host) ? `[${host}]` : host));
  return [...new Set([new URL(publicUrl).hostname, ...named])];
}

function factsOf(values: Values, config: Config): Facts {
  const isPreview = (host: string): boolean => host.endsWith(`.${config.previewDomain}`);
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(config.host);
  return {
    ENVIRONMENT: config.environment,
    ROLE: config.role,
    STORE: config.store,
    OBJECT_STORAGE: config.objectStorage,
    EVENT_BUS: config.eventBus,
    AUTH: config.auth,
    RUNTIME: config.runtime,
    GITOPS_MODE: config.gitopsMode,
    HOST: isLoopback ? 'loopback' : 'network',
    CONSOLE_HOSTS: values.CONSOLE_HOSTS.some(isPreview) ? 'among previews' : 'apart from previews',
    PUBLIC_URL: isPreview(new URL(config.publicUrl).hostname) ? 'among previews' : 'apart from previews',
    PREVIEW_DOMAIN: config.previewDomain === 'localhost' ? 'localhost' : 'other',
    DEMO_REPOSITORY: config.demoRepository ? 'true' : 'false',
    PROJECT_ID: isSet(values.PROJECT_ID),
    FIREBASE_API_KEY: isSet(values.FIREBASE_API_KEY),
    FIREBASE_PROJECT: isSet(values.FIREBASE_PROJECT),
    REDIS_URL: isSet(values.REDIS_URL),
    WORKLOAD_CHART_REPOSITORY: isSet(values.WORKLOAD_CHART_REPOSITORY),
    GITOPS_REPOSITORY: isSet(values.GITOPS_REPOSITORY),
    INSTALLATION: isSet(values.INSTALLATION),
  };
}

function isSet(value: string | null): 'set' | 'not set' {
  return value === null ? 'not set' : 'set';
}

function combinationFaults(facts: Facts, config: Config, misread: ReadonlySet<string>): ConfigFault[] {
  const impossible = IMPOSSIBLE_COMBINATIONS.flatMap(({ when, reason, remedy }) => {
    const conditions = Object.entries(when) as [FactName, readonly string[]][];
    if (!conditions.every(([name, words]) => words.includes(facts[name]) && !misread.has(name))) return [];
    const name = conditions.map(([fact]) => said(fact, facts, config)).join(' with ');
    return [{ name, problem: `can't be right: ${reason}`, remedy }];
  });
  const notAvailable = NOT_AVAILABLE.filter(({ name, values }) => values.includes(facts[name])).map(
    ({ name, instead }) => ({
      name: said(name, facts, config),
      problem: 'is not available in this version',
      remedy: `Use ${instead}.`,
    }),
  );
  return [...impossible, ...notAvailable];
}

/** As it is written in the configuration, where it is a word. */
function said(name: FactName, facts: Facts, { host }: Config): string {
  if (name === 'HOST') return `HOST=${host}`;
  return facts[name].includes(' ') ? `${name} (${facts[name]})` : `${name}=${facts[name]}`;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  return Object.freeze(value);
}
