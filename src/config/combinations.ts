/**
 * Settings that are right one by one and can't be right together, and words that are known but lead to nothing yet.
 * Data: to add a rule, add a row.
 */

/** What the rules are about: the words of settings, and what follows from the free ones. */
export interface Facts {
  readonly ENVIRONMENT: 'development' | 'production';
  readonly ROLE: 'all' | 'api' | 'controller' | 'gateway';
  readonly STORE: 'sqlite' | 'firestore';
  readonly OBJECT_STORAGE: 'filesystem' | 'gcs';
  readonly EVENT_BUS: 'memory' | 'redis';
  readonly AUTH: 'local' | 'firebase';
  readonly RUNTIME: 'local-process' | 'argocd';
  readonly GITOPS_MODE: 'api' | 'git';
  readonly HOST: 'loopback' | 'network';
  readonly CONSOLE_HOSTS: 'apart from previews' | 'among previews';
  readonly PUBLIC_URL: 'apart from previews' | 'among previews';
  readonly PREVIEW_DOMAIN: 'localhost' | 'other';
  readonly DEMO_REPOSITORY: 'true' | 'false';
  readonly PROJECT_ID: 'set' | 'not set';
  readonly FIREBASE_API_KEY: 'set' | 'not set';
  readonly FIREBASE_PROJECT: 'set' | 'not set';
  readonly REDIS_URL: 'set' | 'not set';
  readonly WORKLOAD_CHART_REPOSITORY: 'set' | 'not set';
  readonly GITOPS_REPOSITORY: 'set' | 'not set';
  readonly INSTALLATION: 'set' | 'not set';
}
export type FactName = keyof Facts;

/** A rule applies where every fact that it names has one of the values listed. */
export interface Combination {
  readonly when: { readonly [K in FactName]?: readonly Facts[K][] };
  /** Why that can't be right, without a full stop. */
  readonly reason: string;
  readonly remedy: string;
}

const SPLIT_ROLES = ['api', 'controller', 'gateway'] as const;

export const IMPOSSIBLE_COMBINATIONS: readonly Combination[] = [
  {
    when: { STORE: ['sqlite'], ROLE: SPLIT_ROLES },
    reason: 'an SQLite file belongs to one process, and split roles are several',
    remedy: 'Set ROLE=all.',
  },
  {
    when: { EVENT_BUS: ['memory'], ROLE: SPLIT_ROLES },
    reason: 'events in memory do not leave their process, so the other roles would never hear of a change',
    remedy: 'Set ROLE=all.',
  },
  {
    when: { RUNTIME: ['local-process'], ROLE: SPLIT_ROLES },
    reason: 'local processes are started, watched and connected to by one process',
    remedy: 'Set ROLE=all.',
  },
  {
    when: { RUNTIME: ['local-process'], ENVIRONMENT: ['production'] },
    reason:
      'local processes run the code of the connected repositories with the rights of this user, with nothing between them',
    remedy: 'On a machine of your own, set ENVIRONMENT=development.',
  },
  {
    when: { RUNTIME: ['local-process'], HOST: ['network'] },
    reason: 'local processes run code with the rights of this user, so nobody else may reach this port',
    remedy: 'Set HOST=127.0.0.1.',
  },
  {
    when: { RUNTIME: ['local-process'], GITOPS_MODE: ['git'] },
    reason: 'only Argo CD reads a GitOps repository',
    remedy: 'Leave GITOPS_MODE out.',
  },
  {
    when: { RUNTIME: ['argocd'], ENVIRONMENT: ['production'], PREVIEW_DOMAIN: ['localhost'] },
    reason: 'names under localhost lead everybody to their own machine',
    remedy: 'Set PREVIEW_DOMAIN to a domain with a wildcard record for the gateway.',
  },
  {
    when: { RUNTIME: ['argocd'], ENVIRONMENT: ['production'], WORKLOAD_CHART_REPOSITORY: ['not set'] },
    reason: 'Argo CD reads the chart of environments from a Git repository, and none is named',
    remedy: 'Set WORKLOAD_CHART_REPOSITORY to the URL of one that holds charts/workload.',
  },
  {
    when: { RUNTIME: ['argocd'], STORE: ['firestore'], INSTALLATION: ['not set'] },
    reason: 'several replicas have to know the same objects in the cluster for theirs',
    remedy: 'Set INSTALLATION to a name of your choice, and never change it.',
  },
  {
    when: { RUNTIME: ['argocd'], GITOPS_MODE: ['git'], GITOPS_REPOSITORY: ['not set'] },
    reason: 'it is not said which repository the files of environments are committed to',
    remedy: 'Set GITOPS_REPOSITORY.',
  },
  {
    when: { ENVIRONMENT: ['production'], DEMO_REPOSITORY: ['true'] },
    reason: 'the demo repository is a local path, which is for development only',
    remedy: 'Leave DEMO_REPOSITORY out.',
  },
  {
    when: { PUBLIC_URL: ['among previews'] },
    reason: 'the console would stand where the preview of that name belongs',
    remedy: 'Give the console a host outside of PREVIEW_DOMAIN.',
  },
  {
    when: { CONSOLE_HOSTS: ['among previews'] },
    reason: 'the console would stand where the preview of that name belongs',
    remedy: 'Name only hosts outside of PREVIEW_DOMAIN.',
  },
  {
    when: { STORE: ['firestore'], PROJECT_ID: ['not set'] },
    reason: 'Firestore belongs to a Google Cloud project, and none is named',
    remedy: 'Set PROJECT_ID.',
  },
  {
    when: { OBJECT_STORAGE: ['gcs'], PROJECT_ID: ['not set'] },
    reason: 'Cloud Storage belongs to a Google Cloud project, and none is named',
    remedy: 'Set PROJECT_ID.',
  },
  {
    when: { AUTH: ['firebase'], FIREBASE_API_KEY: ['not set'] },
    reason: 'the sign-in page needs the API key of the Firebase project',
    remedy: 'Set FIREBASE_API_KEY.',
  },
  {
    when: { AUTH: ['firebase'], FIREBASE_PROJECT: ['not set'], PROJECT_ID: ['not set'] },
    reason: 'Firebase Auth belongs to a Firebase project, and none is named',
    remedy: 'Set FIREBASE_PROJECT, or PROJECT_ID where it is the same.',
  },
  {
    when: { EVENT_BUS: ['redis'], REDIS_URL: ['not set'] },
    reason: 'it is not said where Redis is',
    remedy: 'Set REDIS_URL, for example redis://127.0.0.1:6379.',
  },
];

/** Words of the configuration that this version has no adapter for, with what to use. */
export const NOT_AVAILABLE: readonly {
  readonly name: FactName;
  readonly values: readonly string[];
  readonly instead: string;
}[] = [
  { name: 'STORE', values: ['firestore'], instead: 'sqlite' },
  { name: 'OBJECT_STORAGE', values: ['gcs'], instead: 'filesystem' },
  { name: 'EVENT_BUS', values: ['redis'], instead: 'memory' },
  { name: 'AUTH', values: ['firebase'], instead: 'local' },
  { name: 'ROLE', values: [...SPLIT_ROLES], instead: 'all' },
];
