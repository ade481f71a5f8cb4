import { diagnose, type Diagnosis } from '../../../core/diagnosis.ts';
import type { RuntimeProgress } from '../../../ports/environment-runtime.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { Event } from '../kubernetes/objects.ts';
import type { Pod } from '../kubernetes/pod-objects.ts';
import { ASLEEP_ANNOTATION } from '../objects/ownership.ts';
import { progressOf, type ApplicationProgress } from './application-progress.ts';
import { creationRefusal } from './creation-refusal.ts';
import { diagnoseJob } from './job-failure.ts';
import { DEFAULT_PATIENCE, type Patience } from './patience.ts';
import { worstTrouble } from './pod-trouble.ts';
import type { PodTrouble } from './trouble.ts';
import { imageFault, wantedPods } from './wanted-pods.ts';

export interface JudgeInput {
  readonly application: Application;
  /** Of its namespace; null: not looked at. */
  readonly pods: readonly Pod[] | null;
  /** Warnings of its namespace, about anything in it. */
  readonly events: readonly Event[];
  /** By container: the last line that it printed before it ended badly. */
  readonly lastLines?: ReadonlyMap<string, string>;
  /** Milliseconds. */
  readonly now: number;
  readonly patience?: Patience;
}

/** `settled`: put in place as wanted, healthy, and held so. Whether it answers is for others to find out. */
export type Judgement = RuntimeProgress | { readonly step: 'settled' };

/** Whether the Application alone does not tell enough. */
export function needsPods(application: Application, now: number, patience: Patience = DEFAULT_PATIENCE): boolean {
  return isAsleep(application) || progressOf(application, now, patience).step !== 'settled';
}

/**
 * How an environment is, from what the cluster says. The same state gives an equal judgement whenever it is looked at, but
 * for what becomes a failure by lasting.
 */
export function judgeEnvironment(input: JudgeInput): Judgement {
  const { application, now, patience = DEFAULT_PATIENCE } = input;
  const progress = progressOf(application, now, patience);
  if (isAsleep(application)) return judgeSleep(input, progress);
  switch (progress.step) {
    case 'settled':
      return settled(input);
    case 'failed':
      return failed(diagnosisOf(progress.failure));
    case 'job_failed':
      return failed(diagnoseJob(progress.job, input.pods ?? [], input.lastLines ?? NO_LINES));
    case 'degraded':
      return failed(diagnoseDegraded(input, progress.what));
    case 'waiting':
      return progress.reason === 'Removing' ? progress : judgeWaiting(input, progress);
  }
}

type Waiting = Extract<RuntimeProgress, { readonly step: 'waiting' }>;

const NO_LINES: ReadonlyMap<string, string> = new Map();

function isAsleep({ metadata }: Application): boolean {
  return metadata.annotations?.[ASLEEP_ANNOTATION] === 'true';
}

function failed(diagnosis: Diagnosis): RuntimeProgress {
  return { step: 'failed', diagnosis };
}

function diagnosisOf({ reason, cause }: Pick<PodTrouble, 'reason' | 'cause'>): Diagnosis {
  return diagnose(reason, cause);
}

/** What runs in pods is known before Argo CD knows it, and better. */
function judgeWaiting(input: JudgeInput, waiting: Waiting): RuntimeProgress {
  const { application, pods, events } = input;
  if (pods === null) return waiting;
  const { operationState } = application.status ?? {};
  const refusal = creationRefusal(application, pods, events, Date.parse(operationState?.startedAt ?? ''));
  if (refusal !== null) return failed(diagnosisOf(refusal));
  const trouble = troubleIn(input, pods);
  if (trouble === null) return waiting;
  if (trouble.isFinal) return failed(diagnosisOf(trouble));
  const reason = trouble.reason === 'Crashed' || trouble.reason === 'OutOfMemory' ? 'Restarting' : 'Starting';
  return { step: 'waiting', reason, message: `${trouble.cause}.`, since: trouble.since };
}

function diagnoseDegraded(input: JudgeInput, what: string): Diagnosis {
  const { application, pods, events } = input;
  const trouble = troubleIn(input, pods ?? []);
  if (trouble !== null) return diagnosisOf(trouble);
  // It is tried ever more seldom, so that what was told last may be from before the last sync.
  const refusal = creationRefusal(application, pods ?? [], events, 0);
  return refusal === null ? diagnose('Degraded', `Argo CD calls ${what} degraded`) : diagnosisOf(refusal);
}

function troubleIn(
  { application, events, lastLines = NO_LINES, now, patience = DEFAULT_PATIENCE }: JudgeInput,
  pods: readonly Pod[],
): PodTrouble | null {
  return worstTrouble(wantedPods(application, pods), { events, lastLines, now, patience });
}

function settled({ application, pods }: JudgeInput): Judgement {
  const fault = pods === null ? null : imageFault(application, wantedPods(application, pods));
  if (fault === null) return { step: 'settled' };
  return { step: 'waiting', reason: 'Starting', message: fault, since: settledAt(application) };
}

function judgeSleep({ application, pods }: JudgeInput, progress: ApplicationProgress): RuntimeProgress {
  const falling = (message: string, since: string): RuntimeProgress => ({
    step: 'waiting',
    reason: 'FallingAsleep',
    message,
    since,
  });
  switch (progress.step) {
    case 'settled': {
      const left = (pods ?? []).filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
      if (left.length === 0) return { step: 'asleep' };
      return falling('Waiting for its pods to end.', settledAt(application));
    }
    case 'waiting':
      return progress.reason === 'Removing' ? progress : falling(progress.message, progress.since);
    case 'failed':
      return failed(diagnosisOf(progress.failure));
    case 'job_failed':
      return failed(diagnoseJob(progress.job, pods ?? [], NO_LINES));
    case 'degraded':
      return failed(diagnose('Degraded', `Argo CD calls ${progress.what} degraded`));
  }
}

function settledAt({ metadata, status }: Application): string {
  return status?.health?.lastTransitionTime ?? status?.operationState?.finishedAt ?? metadata.creationTimestamp;
}
