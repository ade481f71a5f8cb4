import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder, missingParts, partFolder } from '../testbed/cache.ts';
import { parts } from '../testbed/parts.ts';
import type { Requirement } from './tiers.ts';

interface Need {
  /** Environment variable that names the executable, where the choice is the user's. */
  variable?: string;
  /** Names of the program on PATH, the preferred first. */
  programs: readonly string[];
  /** The only folder to look in, where another version than this one would not do. */
  folder?: string;
  /** What a found program must be able to do besides being there. */
  works?: (program: string) => boolean;
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
  'python3-venv': {
    programs: ['python3'],
    works: (python) => spawnSync(python, ['-c', 'import ensurepip, venv']).status === 0,
    debian: 'sudo apt-get install -y python3-venv',
    mac: 'brew install python3',
  },
  openssl: { programs: ['openssl'], debian: 'sudo apt-get install -y openssl', mac: 'brew install openssl' },
  'redis-server': {
    programs: ['redis-server'],
    debian: 'sudo apt-get install -y redis-server',
    mac: 'brew install redis',
  },
  helm: {
    programs: ['helm'],
    folder: join(partFolder(parts.helm), 'bin'),
    debian: 'make testbed',
    mac: 'make testbed',
  },
  crane: {
    programs: ['crane'],
    folder: join(partFolder(parts.crane), 'bin'),
    debian: 'make testbed',
    mac: 'make testbed',
  },
  testbed: { programs: [], debian: 'make testbed', mac: 'make testbed' },
};

/** Path of the program (or folder) that meets the requirement, or undefined where this machine has none. */
export function findProgram(requirement: Requirement): string | undefined {
  if (requirement === 'testbed') return missingParts().length === 0 ? cacheFolder() : undefined;
  const { variable, programs, folder: only, works = () => true } = needs[requirement];
  const chosen = variable === undefined ? undefined : process.env[variable];
  if (chosen !== undefined && chosen !== '') return isExecutable(chosen) ? chosen : undefined;
  const folders = (only ?? process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(isExecutable);
  return found !== undefined && works(found) ? found : undefined;
}

/** The command that gets what is missing on this kind of machine. */
export function howToGet(requirement: Requirement): string {
  const { debian, mac, variable } = needs[requirement];
  const chosen = variable === undefined ? undefined : process.env[variable];
  if (chosen !== undefined && chosen !== '')
    return `${variable}=${chosen} is not an executable file: correct or unset it`;
  return process.platform === 'darwin' ? mac : debian;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
