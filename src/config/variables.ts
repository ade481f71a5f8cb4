import {
  anyText,
  domain,
  emailAddress,
  flag,
  hostList,
  listenAddress,
  number,
  origin,
  privateHostList,
  text,
  url,
  word,
  type Reader,
} from './readers.ts';

/** How one environment variable is understood. */
export interface Variable<T> {
  /** What is read where the variable is not set; null where there is nothing to read, or where it follows from others. */
  readonly fallback: string | null;
  /** Never printed. */
  readonly secret: boolean;
  readonly read: Reader<T>;
}

function setting<T>(fallback: string, read: Reader<T>): Variable<T> {
  return { fallback, secret: false, read };
}

/** Null where it is not set. */
function optional<T>(read: Reader<T>): Variable<T | null> {
  return { fallback: null, secret: false, read };
}

function secret<T>(read: Reader<T>): Variable<T | null> {
  return { fallback: null, secret: true, read };
}

const PROJECT = text(
  /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  'is not the id of a Google Cloud project',
  'Give the id (6 to 30 lower-case letters, digits and hyphens), not the name or the number.',
);

const LABEL = text(
  /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
  'must have 1 to 40 lower-case letters, digits and hyphens',
  'Begin and end it with a letter or digit.',
);

/** Of an object of Kubernetes. */
const NAME = text(
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  'must have 1 to 63 lower-case letters, digits and hyphens',
  'Begin and end it with a letter or digit.',
);

const FOLDER = text(
  /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
  'must be a path of folders from the root of the repository',
  'Write it without a slash at its begin or end, and without `..`.',
);

const QUANTITY = text(
  /^\d{1,6}(?:\.\d{1,3})?(?:m|[KMGT]i?)?$/,
  'is no quantity as Kubernetes has them',
  'Write it like 4, 500m or 8Gi.',
);

/** Every variable that Blueberry reads. `.env.example` and docs/configuration.md list the same ones. */
export const VARIABLES = {
  PROJECT_ID: optional(PROJECT),
  FIREBASE_API_KEY: secret(anyText()),
  FIREBASE_PROJECT: optional(PROJECT),
  ENVIRONMENT: setting('production', word('development', 'production')),

  HOST: setting('127.0.0.1', listenAddress()),
  PORT: setting('8000', number(1, 65_535)),
  PUBLIC_URL: optional(origin()),
  CONSOLE_HOSTS: setting('', hostList()),
  PREVIEW_DOMAIN: setting('localhost', domain()),
  TRUSTED_PROXY_HOPS: setting('0', number(0, 10)),

  DATA_DIR: setting('.blueberry', anyText()),
  ROLE: setting('all', word('all', 'api', 'controller', 'gateway')),
  STORE: setting('sqlite', word('sqlite', 'firestore')),
  OBJECT_STORAGE: setting('filesystem', word('filesystem', 'gcs')),
  EVENT_BUS: setting('memory', word('memory', 'redis')),
  REDIS_URL: secret(url('redis', 'rediss')),
  AUTH: setting('local', word('local', 'firebase')),
  RUNTIME: setting('local-process', word('local-process', 'argocd')),
  GITOPS_MODE: setting('api', word('api', 'git')),

  KUBECONFIG: optional(anyText()),
  KUBERNETES_CONTEXT: optional(anyText()),
  KUBERNETES_SERVICE_HOST: optional(listenAddress()),
  KUBERNETES_SERVICE_PORT: setting('443', number(1, 65_535)),
  KUBERNETES_NAMESPACE: optional(NAME),
  CLUSTER_NAME: optional(anyText()),
  INSTALLATION: optional(LABEL),
  ARGOCD_NAMESPACE: setting('argocd', NAME),
  ARGOCD_DESTINATION_SERVER: setting('https://kubernetes.default.svc', url('https')),
  WORKLOAD_CHART_REPOSITORY: optional(anyText()),
  WORKLOAD_CHART_PATH: setting('charts/workload', FOLDER),
  WORKLOAD_CHART_REVISION: optional(anyText()),
  APPLICATION_TEMPLATE: optional(anyText()),
  ENVIRONMENT_CPU: setting('8', QUANTITY),
  ENVIRONMENT_MEMORY: setting('16Gi', QUANTITY),
  ENVIRONMENT_PODS: setting('20', number(1, 1_000)),
  GITOPS_REPOSITORY: optional(anyText()),
  GITOPS_BRANCH: setting('main', anyText()),
  GITOPS_FOLDER: setting('gitops/environments', FOLDER),
  GITOPS_ROOT_APPLICATION: setting('blueberry-environments', NAME),
  GITOPS_CREDENTIAL: secret(anyText()),

  ADMIN_EMAIL: setting('admin@blueberry.localhost', emailAddress()),
  BOOTSTRAP_TOKEN: secret(
    text(
      /^[A-Za-z0-9._~+/-]{20,200}$/,
      'must have 20 to 200 characters out of A-Z a-z 0-9 . _ ~ + / -',
      'Make one with: echo "bb_$(openssl rand -hex 24)".',
    ),
  ),

  IDLE_SLEEP_MINUTES: setting('0', number(0, 100_000, 'fractions')),
  QUOTA_PER_OWNER: setting('20', number(0, 100_000)),
  QUOTA_TOTAL: setting('100', number(0, 100_000)),
  CONCURRENT_BUILDS: setting('2', number(1, 64)),
  DEPLOY_DEADLINE_MINUTES: setting('15', number(0.05, 1_440, 'fractions')),
  POLL_SECONDS_LOCAL: setting('2', number(0.1, 86_400, 'fractions')),
  POLL_SECONDS_REMOTE: setting('60', number(1, 86_400, 'fractions')),
  DELETE_GONE_BRANCHES: setting('false', flag()),
  ALLOWED_PRIVATE_REPOSITORY_HOSTS: setting('', hostList()),
  ALLOWED_PRIVATE_REGISTRY_HOSTS: setting('', privateHostList()),
  DEMO_REPOSITORY: optional(flag()),

  SIGN_INS_PER_MINUTE: setting('10', number(1, 100_000)),
  WRITES_PER_MINUTE: setting('1200', number(1, 1_000_000)),
  LOG_LEVEL: setting('info', word('debug', 'info', 'warn', 'error', 'silent')),
} as const satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof VARIABLES;
export type Values = {
  readonly [K in VariableName]: (typeof VARIABLES)[K] extends Variable<infer T> ? T : never;
};
