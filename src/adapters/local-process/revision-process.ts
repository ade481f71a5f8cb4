import { diagnose } from '../../core/diagnosis.ts';
import { commandEnvironment, maskedTexts } from './command-environment.ts';
import { commandNotFound, crashed, howItEnded, lastWords, RevisionFailure } from './failures.ts';
import { lastLines } from './log-reader.ts';
import { isAlive } from './process-table.ts';
import { probe, type ProbeResult } from './probe.ts';
import { folderWithIndex } from './repository-files.ts';
import type { PreparedRevision, RevisionJob } from './revision-build.ts';
import { saveRevisionState, type ServingProcess } from './revision-files.ts';
import type { RuntimeParts } from './runtime-parts.ts';
import { removeFile } from './state-files.ts';
import type { ExitRecord } from './supervisor-order.ts';
import {
  adoptProcess,
  readExit,
  siblingScript,
  startSupervisor,
  type SupervisedProcess,
} from './supervised-process.ts';

/** Where a healthy process answers. */
export interface ServingAddress {
  readonly address: string;
  readonly port: number;
}

export interface ServeEvents {
  /** Null when it stops being healthy. */
  readonly onServing: (address: ServingAddress | null) => void;
}

interface Command {
  readonly label: string;
  readonly command: string;
}

const STARTING = 'Waiting for the application to answer on its port.';
const OUTPUT_LINES = 40;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;
const PROBE_TIMEOUT_MS = 5_000;
const UNHEALTHY_PAUSE_MS = 1_000;
const FAILED_PROBES_LIMIT = 3;

/**
 * Keeps the revision running until the signal aborts, which leaves the process as it is, or its time is over. Fails when
 * it gives up.
 */
export async function serveRevision(job: RevisionJob, prepared: PreparedRevision, events: ServeEvents): Promise<void> {
  const { parts, state, progress, signal } = job;
  const command = await commandOf(prepared);
  let crashes = 0;
  let current: Running;
  if (state.process && isAlive(state.process)) current = adopt(job, state.process);
  else {
    events.onServing(null);
    progress.waiting('Starting', STARTING);
    current = await launch(job, prepared, command, 0);
  }
  for (;;) {
    // What has been seen healthy when it was taken over runs already.
    if (progress.current.step !== 'running') progress.waiting('Starting', STARTING);
    const healthyMs = await watch(job, command, current, events);
    if (signal.aborted) return;
    events.onServing(null);
    parts.ports.giveBack(current.record.port);
    const exit = await readExit(job.paths.webExit);
    if (exit?.cause === 'expired') {
      progress.waiting('Removing', 'Its time is over: it was ended, and waits to be removed.');
      return;
    }
    const output = await outputOf(job);
    const missing = exit && commandNotFound(command.label, exit, output);
    if (missing) throw new RevisionFailure('run', missing);
    crashes = healthyMs >= parts.timing.forgetCrashesAfter ? 1 : crashes + 1;
    if (crashes >= parts.limits.crashLimit)
      throw new RevisionFailure('run', crashed(command.label, crashes, exit, output));
    progress.waiting('Restarting', restarting(command, exit, output, crashes, parts.limits.crashLimit));
    await parts.clock.sleep(Math.min(parts.timing.backOffMax, parts.timing.backOff * 2 ** (crashes - 1)), signal);
    if (signal.aborted) return;
    current = await launch(job, prepared, command, current.record.restarts + 1);
  }
}

interface Running {
  readonly record: ServingProcess;
  readonly process: SupervisedProcess;
}

function restarting(
  command: Command,
  exit: ExitRecord | null,
  output: readonly string[],
  crashes: number,
  limit: number,
): string {
  const how = `\`${command.label}\` ended with ${howItEnded(exit)}${lastWords(output)}`;
  return `${how.replace(/[.\s]+$/, '')}. Starting it again (${String(crashes)} of ${String(limit)}).`;
}

async function commandOf({ component, plan }: PreparedRevision): Promise<Command> {
  if (plan.run.kind === 'command') return { label: plan.run.command, command: plan.run.command };
  const site = await folderWithIndex(component, plan.run.folders);
  if (site === null) {
    throw new RevisionFailure(
      'run',
      diagnose('NoWayToRun', 'The build left no index.html, and nothing else says how to run it'),
    );
  }
  const words = [process.execPath, siblingScript('static-server'), site];
  return {
    label: 'static files',
    command: `exec ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}`,
  };
}

function adopt({ parts, signal }: RevisionJob, record: ServingProcess): Running {
  parts.ports.hold(record.port);
  return { record, process: adoptProcess(record, parts.clock, signal) };
}

async function launch(
  job: RevisionJob,
  prepared: PreparedRevision,
  command: Command,
  restarts: number,
): Promise<Running> {
  const { parts, desired, paths, state } = job;
  const [component] = desired.components;
  const { id: environmentId } = desired.key;
  const { revision } = desired;
  // A supervisor that was killed has left running what it led.
  if (state.process) await parts.cleanup.endAll({ environmentId, revision, folder: paths.folder }, [state.process]);
  const port = await parts.ports.take();
  await removeFile(paths.webExit);
  const start = { environmentId, revision, troubleFile: paths.troubles, compileCache: parts.compileCache };
  const supervisor = await startSupervisor(start);
  const record: ServingProcess = {
    ...supervisor.identity,
    port,
    startedAt: parts.clock.timestamp(),
    restarts,
    command: command.label,
    health: prepared.plan.health,
  };
  state.process = record;
  await saveRevisionState(paths, state, true);
  if (job.signal.aborted) supervisor.discard();
  job.signal.throwIfAborted();
  const running = supervisor.obey({
    environmentId,
    revision,
    commands: [command.command],
    folder: prepared.component.folder,
    env: commandEnvironment({
      userEnvironment: parts.userEnvironment,
      key: desired.key,
      revision,
      component,
      port,
      host: parts.hostOf(desired.key.name),
    }),
    masked: maskedTexts(component.secretEnv),
    logFile: paths.webLog,
    logBytes: parts.limits.logBytes,
    exitFile: paths.webExit,
    leaseFile: job.leaseFile,
    leash: false,
    graceMs: parts.timing.grace,
  });
  return { record, process: running };
}

/** Resolves when the process has ended, or the signal aborts, with how long it was healthy. */
async function watch(job: RevisionJob, command: Command, running: Running, events: ServeEvents): Promise<number> {
  const { parts, desired, progress, signal } = job;
  const { record } = running;
  const target = { port: record.port, path: record.health?.path ?? null, host: parts.hostOf(desired.key.name) };
  const over = new AbortController();
  const ended = running.process.ended.then(() => {
    over.abort();
  });
  const either = AbortSignal.any([signal, over.signal]);
  const deadline = parts.clock.now() + startTimeoutMs(parts, record);
  let healthySince = progress.current.step === 'running' ? parts.clock.now() : null;
  let failedProbes = 0;
  let pause = FIRST_PAUSE_MS;
  while (!either.aborted) {
    const result = await probe(target, PROBE_TIMEOUT_MS);
    if (either.aborted) break;
    if (result.state === 'healthy') {
      failedProbes = 0;
      if (progress.current.step !== 'running') {
        healthySince ??= parts.clock.now();
        events.onServing({ address: result.address, port: record.port });
        progress.running();
      }
      await parts.clock.sleep(parts.timing.probeEvery, either);
      continue;
    }
    if (healthySince === null) {
      if (parts.clock.now() >= deadline) await giveUp(job, command, record, result);
      await parts.clock.sleep(pause, either);
      pause = Math.min(LONGEST_PAUSE_MS, pause * 1.3);
      continue;
    }
    failedProbes += 1;
    if (failedProbes === FAILED_PROBES_LIMIT) {
      events.onServing(null);
      progress.failed(
        diagnose('HealthCheckFailed', `It stopped being healthy: ${faultOf(result)}${lastWords(await outputOf(job))}`),
      );
    }
    await parts.clock.sleep(UNHEALTHY_PAUSE_MS, either);
  }
  if (over.signal.aborted) await ended;
  return healthySince === null ? 0 : parts.clock.now() - healthySince;
}

function startTimeoutMs({ limits }: RuntimeParts, { health }: ServingProcess): number {
  return Math.min((health?.timeoutSeconds ?? limits.startTimeoutSeconds) * 1000, limits.deployDeadlineMs);
}

/** It runs, but does not do what it should: ended, so that a failed environment costs nothing. */
async function giveUp(job: RevisionJob, command: Command, record: ServingProcess, result: ProbeResult): Promise<never> {
  const { parts, desired } = job;
  const words = lastWords(await outputOf(job));
  const owner = { environmentId: desired.key.id, revision: desired.revision, folder: job.paths.folder };
  await parts.cleanup.endAll(owner, [record]);
  const after = `after ${String(startTimeoutMs(parts, record) / 1000)} s`;
  throw new RevisionFailure(
    'run',
    result.state === 'closed'
      ? diagnose(
          'PortNeverOpened',
          `\`${command.label}\` runs, but nothing listens on port ${String(record.port)} ${after}${words}`,
        )
      : diagnose('HealthCheckFailed', `\`${command.label}\` listens, but ${after} ${faultOf(result)}${words}`),
  );
}

function faultOf(result: ProbeResult): string {
  return result.state === 'unhealthy' ? result.detail : 'nothing listens on its port';
}

async function outputOf({ paths }: RevisionJob): Promise<string[]> {
  return (await lastLines(paths.webLog, OUTPUT_LINES, null)).map(({ text }) => text);
}
