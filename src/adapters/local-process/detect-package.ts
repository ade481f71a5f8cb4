import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { packageManagerOf, type HasProgram } from './package-manager.ts';
import { isFile, readTextFile, type ComponentFolder } from './repository-files.ts';
import type { BuildStep } from './run-plan.ts';

/** What a package.json asks for. */
export interface PackagePlan {
  readonly build: readonly BuildStep[];
  /** Null when nothing says how to start it. */
  readonly start: string | null;
}

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
/** Scripts that npm runs at every install, with or without dependencies. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];

/** `plan` is null without a package.json; `fault` says what is wrong with one that can't be read. */
export async function readPackage(
  component: ComponentFolder,
  hasProgram: HasProgram,
): Promise<
  { readonly plan: PackagePlan | null; readonly fault: null } | { readonly plan: null; readonly fault: string }
> {
  const { folder } = component;
  const text = await readTextFile(join(folder, 'package.json'));
  if (text === null) return { plan: null, fault: null };
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { plan: null, fault: `The package.json is not valid JSON: ${(error as Error).message}` };
  }
  if (!isJsonObject(content)) return { plan: null, fault: 'The package.json is not a JSON object' };
  const scripts = objectAt(content, 'scripts');
  const manager = await packageManagerOf(component, hasProgram);
  const install: BuildStep = { kind: 'install', label: manager.installLabel, command: manager.install };
  const build: BuildStep = { kind: 'build', label: `${manager.name} run build`, command: `${manager.name} run build` };
  return {
    fault: null,
    plan: {
      build: [...(needsInstall(content, scripts) ? [install] : []), ...(hasScript(scripts, 'build') ? [build] : [])],
      start: await startOf(folder, scripts, manager.name),
    },
  };
}

/** npm starts a server.js where no script says otherwise; see npm-start(1). */
async function startOf(folder: string, scripts: JsonObject, manager: string): Promise<string | null> {
  if (hasScript(scripts, 'start')) return `${manager} start`;
  return (await isFile(join(folder, 'server.js'))) ? 'node server.js' : null;
}

function needsInstall(content: JsonObject, scripts: JsonObject): boolean {
  if (content['workspaces'] !== undefined) return true;
  if (INSTALL_SCRIPTS.some((name) => hasScript(scripts, name))) return true;
  return DEPENDENCY_FIELDS.some((field) => Object.keys(objectAt(content, field)).length > 0);
}

function hasScript(scripts: JsonObject, name: string): boolean {
  const script = scripts[name];
  return typeof script === 'string' && script.trim() !== '';
}

function objectAt(content: JsonObject, field: string): JsonObject {
  const value = content[field];
  return isJsonObject(value) ? value : {};
}
