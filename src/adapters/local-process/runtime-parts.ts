import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { BuildQueue } from './build-queue.ts';
import type { FreePorts } from './free-ports.ts';
import type { ProcessCleanup } from './process-cleanup.ts';
import type { RemovedLogs } from './removed-logs.ts';
import type { SourceCheckouts } from './source-checkouts.ts';

export interface RuntimeLimits {
  readonly concurrentBuilds: number;
  /** For each log. */
  readonly logBytes: number;
  /** From a start to the first healthy answer, where `health` says nothing else. */
  readonly startTimeoutSeconds: number;
  /** For all steps of a build together, and the most that a start may take, whatever `health` says. */
  readonly deployDeadlineMs: number;
  /** Crashes in a row after which it is not started again. */
  readonly crashLimit: number;
}

export const DEFAULT_LIMITS: RuntimeLimits = {
  concurrentBuilds: 2,
  logBytes: 10 * 1024 * 1024,
  startTimeoutSeconds: 60,
  deployDeadlineMs: 900_000,
  crashLimit: 5,
};

/** All in milliseconds. */
export interface RuntimeTiming {
  /** Before the second start; doubled for each crash in a row. */
  readonly backOff: number;
  readonly backOffMax: number;
  /** After so long in health earlier crashes are forgotten. */
  readonly forgetCrashesAfter: number;
  /** Between two probes of what is healthy. */
  readonly probeEvery: number;
  /** How long a replaced revision may finish what it is answering. */
  readonly drain: number;
  /** Between SIGTERM and SIGKILL. */
  readonly grace: number;
}

export const DEFAULT_TIMING: RuntimeTiming = {
  backOff: 500,
  backOffMax: 30_000,
  forgetCrashesAfter: 60_000,
  probeEvery: 10_000,
  drain: 10_000,
  grace: 5_000,
};

/** What the environments of one runtime share. */
export interface RuntimeParts {
  readonly checkouts: SourceCheckouts;
  readonly clock: Clock;
  readonly log: Log;
  readonly hostOf: (name: string) => string;
  readonly userEnvironment: Readonly<Record<string, string>>;
  readonly limits: RuntimeLimits;
  readonly timing: RuntimeTiming;
  readonly builds: BuildQueue;
  /** Bounds how many checkouts are made at the same time. */
  readonly checkoutSlots: BuildQueue;
  readonly ports: FreePorts;
  readonly cleanup: ProcessCleanup;
  readonly removedLogs: RemovedLogs;
  readonly compileCache: string;
}
