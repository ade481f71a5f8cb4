import { join } from 'node:path';
import type { RepositoryFile } from '../../core/repository-file.ts';
import { readPackage, type PackagePlan } from './detect-package.ts';
import type { HasProgram } from './package-manager.ts';
import { folderWithIndex, readTextFile, type ComponentFolder } from './repository-files.ts';
import type { BuildStep, RunPlan } from './run-plan.ts';

/** `fault`: why there is no way to run it, as a sentence without its full stop. */
export type Detection =
  { readonly plan: RunPlan; readonly fault: null } | { readonly plan: null; readonly fault: string };

/** Where generators leave a site, most telling first; sources come last, because a build's result is what is meant. */
const BUILT_FOLDERS = ['dist', 'build', 'out', '_site', 'public', '.'];
const PLAIN_FOLDERS = ['.', 'public', 'dist', 'build', 'out', '_site', 'docs'];

/**
 * How to run what is in a folder: `blueberry.yaml`, else a Procfile, else `package.json`, else static files. What
 * `blueberry.yaml` leaves open is taken from the others.
 */
export async function detectRunPlan(
  component: ComponentFolder,
  file: RepositoryFile | null,
  hasProgram: HasProgram,
): Promise<Detection> {
  const health = file?.health ?? null;
  const fileSteps = (file?.build ?? []).map(buildStep);
  if (file?.run) return found({ build: fileSteps, health, run: { kind: 'command', command: file.run } });

  const detected = await detectWithoutFile(component, hasProgram);
  if (detected.plan === null) return detected;
  return found({ ...detected.plan, build: fileSteps.length > 0 ? fileSteps : detected.plan.build, health });
}

async function detectWithoutFile(component: ComponentFolder, hasProgram: HasProgram): Promise<Detection> {
  const { folder } = component;
  const read = await readPackage(component, hasProgram);
  if (read.fault !== null) return nothing(read.fault);
  const { plan: npm } = read;
  const procfile = await readProcfile(folder);
  if (procfile?.web !== undefined) {
    const release = procfile.release === undefined ? [] : [buildStep(procfile.release)];
    // Where Procfiles come from, what package.json asks for is installed and built before anything is released.
    return command([...(npm?.build ?? []), ...release], procfile.web);
  }
  if (npm?.start) return command(npm.build, npm.start);
  const builds = npm?.build.some(({ kind }) => kind === 'build') ?? false;
  if (npm && builds) return found({ build: npm.build, health: null, run: { kind: 'static', folders: BUILT_FOLDERS } });
  if ((await folderWithIndex(component, PLAIN_FOLDERS)) !== null) {
    return found({ build: [], health: null, run: { kind: 'static', folders: PLAIN_FOLDERS } });
  }
  return nothing(whatIsThere(procfile !== null, npm));
}

function whatIsThere(hasProcfile: boolean, npm: PackagePlan | null): string {
  if (hasProcfile) return 'The Procfile has no `web` line, and nothing else says how to run it';
  if (npm) return 'The package.json has no `start` script, and there is no index.html';
  return 'Nothing says how to run it: there is no blueberry.yaml with `run`, no Procfile, no package.json and no index.html';
}

async function readProcfile(folder: string): Promise<{ web?: string; release?: string } | null> {
  const text = await readTextFile(join(folder, 'Procfile'));
  if (text === null) return null;
  const lines: { web?: string; release?: string } = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^(web|release)\s*:\s*(\S.*?)\s*$/.exec(line);
    if (match?.[1] === 'web' || match?.[1] === 'release') lines[match[1]] ??= match[2] ?? '';
  }
  return lines;
}

function buildStep(command: string): BuildStep {
  return { kind: 'build', label: command, command };
}

function command(build: readonly BuildStep[], run: string): Detection {
  return found({ build, health: null, run: { kind: 'command', command: run } });
}

function found(plan: RunPlan): Detection {
  return { plan, fault: null };
}

function nothing(fault: string): Detection {
  return { plan: null, fault };
}
