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
  CommandNotFound: 'Install the command on this machine or correct the run command, then redeploy.',
  Crashed: 'Read the log, correct it and push, or redeploy to try again.',
  PortNeverOpened: 'Make the application listen on the port in the environment variable PORT.',
  HealthCheckFailed: 'Read the log, or set `health` in blueberry.yaml to a path that answers.',
  DeadlinePassed: 'Read the log for what it was busy with, then redeploy to try again.',
  DiskFull: 'Free some disk space, then redeploy.',
  RuntimeFailed: 'Read the log of Blueberry, then redeploy to try again.',
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
