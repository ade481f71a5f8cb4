import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';

export interface EnvironmentsFolderOptions {
  /** Absolute path. */
  readonly dataDir: string;
  /** Where Blueberry's own packages are. */
  readonly packageRoot: string;
  readonly userEnvironment: Readonly<Record<string, string>>;
}

/**
 * Makes the folder that environments are kept in, and gives its real path: `environments` in the data folder.
 *
 * Node.js and npm look for packages in every folder above the one that they work in. Where the data folder lies among
 * Blueberry's own packages, as in a clone that `make dev` was called in, `environments` is therefore a link to a folder
 * of the user's: what runs in an environment finds what it has installed itself, and nothing else.
 */
export function openEnvironmentsFolder({ dataDir, packageRoot, userEnvironment }: EnvironmentsFolderOptions): string {
  const folder = join(dataDir, 'environments');
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined && isWithin(dataDir, packageRoot)) {
    const place = placeElsewhere(dataDir, userEnvironment);
    // What lies there is of a data folder that is gone.
    rmSync(place, { recursive: true, force: true });
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    symlinkSync(place, folder);
  }
  mkdirSync(linkTarget(folder), { recursive: true, mode: 0o700 });
  return realpathSync(folder);
}

/** Where the folder leads, also when nothing is there any more; the folder itself where it is no link. */
function linkTarget(folder: string): string {
  return lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(folder) : folder;
}

function isWithin(folder: string, parent: string): boolean {
  return `${folder}${sep}`.startsWith(`${parent}${sep}`);
}

/** The same place for the same data folder, so that one that is made anew finds what was left of the one before. */
function placeElsewhere(dataDir: string, userEnvironment: Readonly<Record<string, string>>): string {
  const state = userEnvironment['XDG_STATE_HOME'] ?? join(userEnvironment['HOME'] ?? homedir(), '.local', 'state');
  const key = createHash('sha256').update(dataDir).digest('hex').slice(0, 8);
  return join(state, 'blueberry', `${basename(dirname(dataDir))}-${key}`, 'environments');
}
