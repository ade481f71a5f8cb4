import { diagnose, type Diagnosis } from '../../core/diagnosis.ts';
import { GitFailure } from '../../core/git-failure.ts';
import { tellingLine, tellingLines } from '../../core/telling-lines.ts';
import type { BuildStep } from './run-plan.ts';
import type { ExitRecord } from './supervisor-order.ts';

/** A revision can't be put in place, and trying again would not change that. */
export class RevisionFailure extends Error {
  readonly diagnosis: Diagnosis;
  /** A failed build stays failed; what failed to run may run after a sleep. */
  readonly stage: 'build' | 'run';

  constructor(stage: 'build' | 'run', diagnosis: Diagnosis) {
    super(diagnosis.message);
    this.name = 'RevisionFailure';
    this.stage = stage;
    this.diagnosis = diagnosis;
  }
}

const NO_SPACE = /\bENOSPC\b|no space left on device|disk quota exceeded/i;
/** `sh: 1: gunicorn: not found`, `sh: gunicorn: command not found`, `sh: 1: ./run: Permission denied`. */
const SHELL_COMPLAINT = /:\s*([^:\s]+): (?:(?:command )?not found|permission denied)\s*$/i;
const BUILD_LINES = 5;
const BUILD_LENGTH = 500;
const LINE_LENGTH = 300;

export function failureOf(stage: 'build' | 'run', error: unknown): RevisionFailure {
  if (error instanceof RevisionFailure) return error;
  if (error instanceof GitFailure) return new RevisionFailure('build', diagnosisOfGit(error));
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RevisionFailure(stage, diagnose('DiskFull', 'There is no space left for its files'));
  }
  return new RevisionFailure(stage, diagnose('RuntimeFailed', `Blueberry could not run it: ${message}`));
}

function diagnosisOfGit({ reason, message }: GitFailure): Diagnosis {
  if (reason === 'commit_gone')
    return diagnose('CommitGone', `The commit is not in the repository any more: ${message}`);
  if (reason === 'disk_full') return diagnose('DiskFull', 'There is no space left for the files of the commit');
  return diagnose('RuntimeFailed', `The files of the commit could not be checked out: ${message}`);
}

/** @param output the last lines of the step, oldest first. */
export function buildFailure(step: BuildStep, exit: ExitRecord, output: readonly string[]): RevisionFailure {
  const missing = commandNotFound(step.label, exit, output);
  if (missing) return new RevisionFailure('build', missing);
  const said = tellingLines(output, BUILD_LINES, BUILD_LENGTH).join(' / ');
  const cause = `\`${step.label}\` failed with ${howItEnded(exit)}${said === '' ? '' : `: ${said}`}`;
  const reason = output.some((line) => NO_SPACE.test(line))
    ? 'DiskFull'
    : step.kind === 'install'
      ? 'InstallFailed'
      : 'BuildFailed';
  return new RevisionFailure('build', diagnose(reason, cause));
}

export function buildTookTooLong(step: BuildStep, deadlineMs: number): RevisionFailure {
  const reason = step.kind === 'install' ? 'InstallFailed' : 'BuildFailed';
  return new RevisionFailure(
    'build',
    diagnose(reason, `\`${step.label}\` was ended because the build took longer than ${deadlineMs / 1000} s`),
  );
}

/** Null when it is not that the shell could not find or start the command. */
export function commandNotFound(command: string, exit: ExitRecord, output: readonly string[]): Diagnosis | null {
  if (exit.code !== 127 && exit.code !== 126) return null;
  const complaint = output.findLast((line) => SHELL_COMPLAINT.test(line));
  const program = (complaint === undefined ? undefined : SHELL_COMPLAINT.exec(complaint)?.[1]) ?? command;
  const within = program === command ? '' : ` (in \`${command}\`)`;
  const what = exit.code === 127 ? 'was not found' : 'may not be executed';
  return diagnose('CommandNotFound', `The command \`${program}\` ${what}${within}`);
}

export function crashed(command: string, times: number, exit: ExitRecord | null, output: readonly string[]): Diagnosis {
  const often = times === 1 ? 'crashed once' : `crashed ${times} times in a row, last`;
  const cause = `\`${command}\` ${often} with ${howItEnded(exit)}${lastWords(output)}`;
  return diagnose(output.some((line) => NO_SPACE.test(line)) ? 'DiskFull' : 'Crashed', cause);
}

export function howItEnded(exit: ExitRecord | null): string {
  if (exit === null) return 'no exit code, because its supervisor was killed';
  return exit.signal === null ? `exit code ${exit.code ?? 'unknown'}` : `signal ${exit.signal}`;
}

/** `: LAST LINE`, or nothing when it said nothing. */
export function lastWords(output: readonly string[]): string {
  const line = tellingLine(output);
  if (line === null) return '';
  return `: ${line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH - 1)}…` : line}`;
}
