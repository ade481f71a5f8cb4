import { mkdir } from 'node:fs/promises';
import { shortSha } from '../../core/branch.ts';
import { diagnose } from '../../core/diagnosis.ts';
import type { DesiredEnvironment } from '../../ports/environment-runtime.ts';
import { commandEnvironment, maskedTexts, hasProgram } from './command-environment.ts';
import { detectRunPlan } from './detect.ts';
import { buildFailure, buildTookTooLong, RevisionFailure } from './failures.ts';
import { lastLines } from './log-reader.ts';
import { componentFolder, type ComponentFolder } from './repository-files.ts';
import type { RevisionProgress } from './revision-events.ts';
import { checkoutLabel, saveRevisionState, type RevisionPaths, type RevisionState } from './revision-files.ts';
import type { BuildStep, RunPlan } from './run-plan.ts';
import type { RuntimeParts } from './runtime-parts.ts';
import { removeFile } from './state-files.ts';
import { readExit, startSupervisor } from './supervised-process.ts';

export interface RevisionJob {
  readonly parts: RuntimeParts;
  readonly desired: DesiredEnvironment;
  readonly paths: RevisionPaths;
  readonly leaseFile: string;
  readonly state: RevisionState;
  readonly progress: RevisionProgress;
  readonly signal: AbortSignal;
}

export interface PreparedRevision {
  readonly component: ComponentFolder;
  readonly plan: RunPlan;
}

const OUTPUT_LINES = 40;

/** Puts the files of the commit in place, finds out how to run them, and builds. What was done before is not done again. */
export async function prepareRevision(job: RevisionJob): Promise<PreparedRevision> {
  const { parts, desired, paths, state } = job;
  const [{ path, repositoryFile }] = desired.components;
  await mkdir(paths.folder, { recursive: true, mode: 0o700 });
  if (!state.checkedOut) await checkOut(job);
  const { component, fault } = await componentFolder(paths.source, path);
  if (component === null) throw new RevisionFailure('build', diagnose('NoWayToRun', fault));
  const detected = await detectRunPlan(component, repositoryFile, (name) => hasProgram(parts.userEnvironment, name));
  if (detected.plan === null) throw new RevisionFailure('build', diagnose('NoWayToRun', detected.fault));
  if (!state.built) {
    if (detected.plan.build.length > 0) await build(job, component.folder, detected.plan.build);
    state.built = true;
    await saveRevisionState(paths, state);
  }
  return { component, plan: detected.plan };
}

async function checkOut({ parts, desired, paths, state, progress, signal }: RevisionJob): Promise<void> {
  const [{ repositoryId, commit }] = desired.components;
  progress.waiting('Deploying', `Checking out commit ${shortSha(commit)}.`);
  await saveRevisionState(paths, state);
  const giveBack = await parts.checkoutSlots.takeSlot(signal, () => undefined);
  try {
    const label = checkoutLabel(desired.key.id, desired.revision);
    await parts.checkouts.checkout({ repositoryId, commit, folder: paths.source, label });
  } finally {
    giveBack();
  }
  state.checkedOut = true;
  await saveRevisionState(paths, state);
}

async function build(job: RevisionJob, folder: string, steps: readonly BuildStep[]): Promise<void> {
  const { parts, progress, signal } = job;
  const giveBack = await parts.builds.takeSlot(signal, (position) => {
    progress.waiting('WaitingForBuildSlot', `Waiting for a build slot: ${ordinal(position)} in the queue.`);
  });
  try {
    await runBuild(job, folder, steps);
  } finally {
    giveBack();
  }
}

async function runBuild(job: RevisionJob, folder: string, steps: readonly BuildStep[]): Promise<void> {
  const { parts, desired, paths, state, progress, signal } = job;
  const [component] = desired.components;
  const { environmentId, revision } = { environmentId: desired.key.id, revision: desired.revision };
  await removeFile(paths.buildExit);
  const start = { environmentId, revision, troubleFile: paths.troubles, compileCache: parts.compileCache };
  const supervisor = await startSupervisor(start);
  state.builder = supervisor.identity;
  await saveRevisionState(paths, state, true);
  let late: RevisionFailure | null = null;
  let current = steps[0] ?? { kind: 'build', label: 'build', command: '' };
  const running = supervisor.obey(
    {
      environmentId,
      revision,
      commands: steps.map(({ command }) => command),
      folder,
      env: commandEnvironment({
        userEnvironment: parts.userEnvironment,
        key: desired.key,
        revision,
        component,
        port: null,
        host: parts.hostOf(desired.key.name),
      }),
      masked: maskedTexts(component.secretEnv),
      logFile: paths.buildLog,
      logBytes: parts.limits.logBytes,
      exitFile: paths.buildExit,
      leaseFile: job.leaseFile,
      leash: true,
      graceMs: parts.timing.grace,
    },
    (index) => {
      current = steps[index] ?? current;
      if (late) return;
      progress.waiting('Building', `Running \`${current.label}\`.`);
    },
  );
  const cancelTimeout = parts.clock.schedule(parts.limits.deployDeadlineMs, () => {
    late = buildTookTooLong(current, parts.limits.deployDeadlineMs);
    // It is said before whoever waits comes to say that the deadline has passed; the processes may take their time.
    progress.failed(late.diagnosis);
    running.letGo();
  });
  progress.waiting('Building', `Running \`${current.label}\`.`);
  const letGo = (): void => {
    running.letGo();
  };
  signal.addEventListener('abort', letGo, { once: true });
  if (signal.aborted) letGo();
  await running.ended;
  cancelTimeout();
  signal.removeEventListener('abort', letGo);
  signal.throwIfAborted();
  state.builder = null;
  await saveRevisionState(paths, state);
  if (late) throw late as RevisionFailure;
  const exit = await readExit(paths.buildExit);
  if (exit?.cause === 'ended' && exit.code === 0) return;
  const output = (await lastLines(paths.buildLog, OUTPUT_LINES, null)).map(({ text }) => text);
  const unknown = { at: parts.clock.timestamp(), command: 0, code: null, signal: 'SIGKILL', cause: 'ended' } as const;
  throw buildFailure(steps[exit?.command ?? 0] ?? current, exit ?? unknown, output);
}

function ordinal(position: number): string {
  const tail = position % 100 >= 11 && position % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][position % 10] ?? 'th');
  return `${String(position)}${tail}`;
}
