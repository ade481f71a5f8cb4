import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Requirement } from './tiers.ts';

interface Need {
  /** Environment variable that names the executable, where the choice is the user's. */
  variable?: string;
  /** Names of the program on PATH, the preferred first. */
  programs: readonly string[];
  /** Where it may be besides PATH. */
  folders?: () => readonly string[];
  debian: string;
  mac: string;
}

const needs: Record<Requirement, Need> = {
  git: { programs: ['git'], debian: 'sudo apt-get install -y git', mac: 'xcode-select --install' },
  python3: { programs: ['python3'], debian: 'sudo apt-get install -y python3', mac: 'brew install python3' },
  chromium: {
    variable: 'CHROMIUM_PATH',
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    debian: 'sudo apt-get install -y chromium',
    mac: 'brew install --cask chromium, or CHROMIUM_PATH=/path/to/chrome',
  },
  crane: {
    variable: 'CRANE_PATH',
    programs: ['crane'],
    folders: () => testbedFolders('crane'),
    debian: 'make testbed',
    mac: 'make testbed',
  },
};

/** Path of the program that meets the requirement, or undefined where this machine has none. */
export function findProgram(requirement: Requirement): string | undefined {
  const { variable, programs, folders: others = () => [] } = needs[requirement];
  const chosen = variable === undefined ? undefined : process.env[variable];
  if (chosen !== undefined && chosen !== '') return isExecutable(chosen) ? chosen : undefined;
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = [...onPath, ...others()];
  return programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(isExecutable);
}

/** The command that gets what is missing on this kind of machine. */
export function howToGet(requirement: Requirement): string {
  const { debian, mac, variable } = needs[requirement];
  const chosen = variable === undefined ? undefined : process.env[variable];
  if (chosen !== undefined && chosen !== '')
    return `${variable}=${chosen} is not an executable file: correct or unset it`;
  return process.platform === 'darwin' ? mac : debian;
}

/** Where the parts of the test cluster are kept; the name of each one's folder begins with its own. */
function testbedFolders(part: string): readonly string[] {
  const { BLUEBERRY_CACHE_DIR: chosen = '', XDG_CACHE_HOME: caches = '' } = process.env;
  const ours = chosen === '' ? join(caches === '' ? join(homedir(), '.cache') : caches, 'blueberry') : chosen;
  const testbed = join(ours, 'testbed');
  try {
    const kept = readdirSync(testbed).filter((name) => name.startsWith(`${part}-`));
    return kept.map((name) => join(testbed, name, 'bin'));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
