/**
 * Every reason that a condition can carry, and what it means for the status word: `good` counts towards ready, `waiting`
 * keeps the environment pending, `failed` makes it failed until something changes.
 */
const REASONS = {
  Done: 'good',
  Asleep: 'good',
  NotYetObserved: 'waiting',
  WaitingForPredecessor: 'waiting',
  ResolvingBranch: 'waiting',
  FetchingSource: 'waiting',
  RetryingRepository: 'waiting',
  WaitingForBuildSlot: 'waiting',
  LookingForImage: 'waiting',
  WaitingForImage: 'waiting',
  RetryingRegistry: 'waiting',
  Building: 'waiting',
  Deploying: 'waiting',
  Starting: 'waiting',
  Restarting: 'waiting',
  ProbingUrl: 'waiting',
  HealthUnknown: 'waiting',
  WakingUp: 'waiting',
  FallingAsleep: 'waiting',
  Removing: 'waiting',
  RemovalBlocked: 'waiting',
  RepositoryUnreachable: 'failed',
  AuthenticationRefused: 'failed',
  RepositoryNotFound: 'failed',
  RepositoryMoved: 'failed',
  RepositoryDisconnected: 'failed',
  BranchNotFound: 'failed',
  CommitGone: 'failed',
  InvalidRepositoryFile: 'failed',
  ConfigSetGone: 'failed',
  NoImage: 'failed',
  ImageNeverPushed: 'failed',
  RegistryUnreachable: 'failed',
  RegistryRefused: 'failed',
  RegistryNotAllowed: 'failed',
  NoWayToRun: 'failed',
  InstallFailed: 'failed',
  BuildFailed: 'failed',
  CommandNotFound: 'failed',
  Crashed: 'failed',
  PortNeverOpened: 'failed',
  HealthCheckFailed: 'failed',
  DeadlinePassed: 'failed',
  DiskFull: 'failed',
  RuntimeFailed: 'failed',
  ImagePullFailed: 'failed',
  ImagePullRefused: 'failed',
  ContainerRefused: 'failed',
  OutOfMemory: 'failed',
  NoCapacity: 'failed',
  QuotaExceeded: 'failed',
  PodSecurityRefused: 'failed',
  ValuesRefused: 'failed',
  SourceRefused: 'failed',
  ChartMissing: 'failed',
  ChartBroken: 'failed',
  SharedResource: 'failed',
  ProjectMissing: 'failed',
  NotPermitted: 'failed',
  HookFailed: 'failed',
  SyncFailed: 'failed',
  Degraded: 'failed',
  NameTaken: 'failed',
  ClusterRefused: 'failed',
} as const satisfies Record<string, 'good' | 'waiting' | 'failed'>;

export type ConditionReason = keyof typeof REASONS;
export type FailureReason = {
  [R in ConditionReason]: (typeof REASONS)[R] extends 'failed' ? R : never;
}[ConditionReason];

export function severityOf(reason: ConditionReason): 'good' | 'waiting' | 'failed' {
  return REASONS[reason];
}

/** What to do next, said behind the cause. Every failure has one. */
const NEXT_STEP: Record<FailureReason, string> = {
  RepositoryUnreachable: 'Check the repository URL and the network; Blueberry keeps trying.',
  AuthenticationRefused: 'Give the repository a credential that may read it, then redeploy.',
  RepositoryNotFound: 'Check the repository URL, and that its credential may see it.',
  RepositoryMoved: 'Give the repository its new URL, on GitLab with .git at its end, then redeploy.',
  RepositoryDisconnected: 'Connect the repository again, or delete this environment.',
  BranchNotFound: 'Push the branch, or create the environment from one that exists; Blueberry keeps looking.',
  CommitGone: 'Redeploy the newest commit of the branch.',
  InvalidRepositoryFile: 'Correct the file and push; the next commit is deployed by itself.',
  ConfigSetGone: 'Choose another config set, or none.',
  NoImage:
    'Set `image` of the repository to what CI pushes for each commit, such as ghcr.io/acme/web:{sha}; Blueberry looks again by itself.',
  ImageNeverPushed:
    'Look at what CI says of this commit; Blueberry keeps looking, and deploys the image once it is pushed.',
  RegistryUnreachable: 'Check the host in `image` of the repository and the network; Blueberry keeps trying.',
  RegistryRefused: 'Give the repository an `image_credential` that may pull from there; Blueberry keeps trying.',
  RegistryNotAllowed:
    'Use another registry, or have ALLOWED_PRIVATE_REGISTRY_HOSTS name this one where Blueberry is installed.',
  NoWayToRun:
    'Add a blueberry.yaml with a `run` command, a Procfile with a `web` line, a package.json with a start script, or an index.html.',
  InstallFailed: 'Correct it and push; the next commit is deployed by itself.',
  BuildFailed: 'Correct it and push; the next commit is deployed by itself.',
  CommandNotFound: 'Install the command where it runs, or correct it, then redeploy.',
  Crashed: 'Read the log, correct it and push, or redeploy to try again.',
  PortNeverOpened: 'Make the application listen on the port in the environment variable PORT.',
  HealthCheckFailed: 'Read the log, or set `health` in blueberry.yaml to a path that answers.',
  DeadlinePassed: 'Read the log for what it was busy with, then redeploy to try again.',
  DiskFull: 'Free some disk space, then redeploy.',
  RuntimeFailed: 'Read the log of Blueberry, then redeploy to try again.',
  ImagePullFailed: 'Push the image again, or redeploy to have it looked up anew; the cluster keeps trying.',
  ImagePullRefused:
    'Give the repository an `image_credential` that may pull from there, then redeploy; the cluster keeps trying.',
  ContainerRefused: 'Correct what it names in the values or in the chart, then redeploy.',
  OutOfMemory: 'Raise `resources.limits.memory` in the values, or make it take less, then redeploy.',
  NoCapacity:
    'Ask for less in `resources` of the values, or have the cluster given more nodes; the cluster keeps trying.',
  QuotaExceeded:
    'Ask for less in `resources` or `replicas` of the values, or have the quota of environments raised, then redeploy.',
  PodSecurityRefused: 'Set in the chart what it asks for, and push.',
  ValuesRefused: 'Correct these values in the repository, its config set or the environment, then redeploy.',
  SourceRefused: 'Give the repository a credential that may read it, then redeploy.',
  ChartMissing:
    'Correct `chart` in blueberry.yaml and push; for the chart of Blueberry itself, have its settings corrected.',
  ChartBroken: 'Correct the chart or its values and push; the next commit is deployed by itself.',
  SharedResource:
    'Give the object a name of its own in the chart, such as one that begins with the name of the release, and push.',
  ProjectMissing: 'Redeploy: Blueberry then makes the project anew.',
  NotPermitted:
    'Take it out of the chart: an environment holds nothing but objects of its own namespace, and no quotas, limits or network policies.',
  HookFailed: 'Read its log, correct it and push, or redeploy to try again.',
  SyncFailed: 'Correct what it names and push, or redeploy to try again.',
  Degraded: 'Read the log and look at its resources, then redeploy to try again.',
  NameTaken:
    'Delete that object or give it another name; Blueberry keeps looking, and never takes what it has not made.',
  ClusterRefused: 'Have the rights and the settings of Blueberry in the cluster checked; it keeps trying.',
};

export const FAILURE_REASONS = Object.keys(NEXT_STEP) as FailureReason[];

export function nextStepOf(reason: FailureReason): string {
  return NEXT_STEP[reason];
}

/** Why an environment is failed: the reason, and the one sentence that is said everywhere. */
export interface Diagnosis {
  readonly reason: FailureReason;
  readonly message: string;
}

const CAUSE_MAX_LENGTH = 700;

/** @param cause what failed and why, without a full stop: "`npm ci` failed with exit code 1: …". */
export function diagnose(reason: FailureReason, cause: string): Diagnosis {
  const trimmed = cause.trim().replace(/[.\s]+$/, '');
  const short = trimmed.length > CAUSE_MAX_LENGTH ? `${trimmed.slice(0, CAUSE_MAX_LENGTH - 1)}…` : trimmed;
  return { reason, message: `${short}. ${NEXT_STEP[reason]}` };
}
